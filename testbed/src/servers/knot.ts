import { scratch } from '../scratch.ts';
import { server, settle, type Place, type Server } from './place.ts';

export interface KnotOptions extends Place {
  /**
   * Zone files by name (no dot at the end). SOA and NS records are added where the text has none, so `mx 60 A 192.0.2.1` is a zone.
   * `null`: a zone that cannot be loaded, for which knot answers SERVFAIL. Any other name is REFUSED.
   */
  readonly zones: Readonly<Record<string, string | null>>;
  /** More lines for the server section of knot.conf. */
  readonly settings?: string;
}

/** Starts Knot DNS, an authoritative server by UDP and TCP. */
export async function startKnot({ zones, settings = '', ...place }: KnotOptions): Promise<Server> {
  const { port, start } = await settle(place, 53);
  const files = scratch();
  for (const [zone, text] of Object.entries(zones)) {
    if (text !== null) files.write(`${zone}.zone`, zoneFile(zone, text));
  }
  const conf = files.write(
    'knot.conf',
    [
      'server:',
      `  listen: 127.0.0.1@${port}`,
      `  rundir: ${files.folder}`,
      // The machine's number of threads would be started for each; a test needs few.
      '  udp-workers: 2',
      '  tcp-workers: 2',
      '  background-workers: 1',
      ...settings.split('\n').map((line) => `  ${line}`),
      'database:',
      `  storage: ${files.folder}`,
      'log:',
      '  - target: stderr',
      '    any: info',
      'template:',
      '  - id: default',
      `    storage: ${files.folder}`,
      '    file: "%s.zone"',
      '    zonefile-sync: -1',
      '    zonefile-load: whole',
      '    journal-content: none',
      '    semantic-checks: off',
      'zone:',
      ...Object.keys(zones).map((zone) => `  - domain: "${zone}"`),
      '',
    ].join('\n'),
  );
  const loading = Object.values(zones).filter((text) => text !== null).length;
  const daemon = await start('knotd', ['-c', conf], {
    ready: (output) => output.includes('server started') && output.split(/loaded, serial/).length > loading,
    within: 60_000,
  });
  return server(daemon, port, files);
}

/** The text with an origin, a short time to live and the SOA and NS records that every zone must have. */
function zoneFile(zone: string, text: string): string {
  const head = [`$ORIGIN ${zone}.`, '$TTL 60'];
  if (!/\sSOA\s/.test(text)) head.push('@ SOA ns hostmaster 1 3600 600 86400 60');
  if (!/^@?\s+(\d+\s+)?(IN\s+)?NS\s/m.test(text)) head.push('@ NS ns', 'ns A 127.0.0.1');
  return `${head.join('\n')}\n${text}\n`;
}
