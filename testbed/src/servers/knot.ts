import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { environment } from '../requirements.ts';
import { scratch } from '../scratch.ts';
import { server, settle, type Place, type Server } from './place.ts';

export interface KnotOptions extends Place {
  /**
   * Zone files by name (no dot at the end). SOA and NS records are added where the text has none, so `mx 60 A 192.0.2.1` is a zone.
   * `null`: a zone that cannot be loaded, for which knot answers SERVFAIL. Any other name is REFUSED.
   */
  readonly zones: Readonly<Record<string, string | null>>;
  /** Which of the zones knot signs, each with a key of its own (ECDSA P-256). */
  readonly signed?: readonly string[];
  /** More lines for the server section of knot.conf. */
  readonly settings?: string;
}

export interface Knot extends Server {
  /** DS records of the signed zones, what a validating resolver has to trust: `trust-anchor` of unbound.conf(5). */
  readonly trustAnchors: readonly string[];
}

/** Starts Knot DNS, an authoritative server by UDP and TCP. */
export async function startKnot({ zones, signed = [], settings = '', ...place }: KnotOptions): Promise<Knot> {
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
      'policy:',
      '  - id: own',
      '    algorithm: ecdsap256sha256',
      '    single-type-signing: on',
      'zone:',
      ...Object.keys(zones).flatMap((zone) => [
        `  - domain: "${zone}"`,
        ...(signed.includes(zone) ? ['    dnssec-signing: on', '    dnssec-policy: own'] : []),
      ]),
      '',
    ].join('\n'),
  );
  const loading = Object.values(zones).filter((text) => text !== null).length;
  const daemon = await start('knotd', ['-c', conf], {
    ready: (output) => output.includes('server started') && output.split(/loaded, serial/).length > loading,
    within: 60_000,
  });
  const trustAnchors = await Promise.all(signed.map((zone) => delegationSigner(conf, zone)));
  return { ...server(daemon, port, files), trustAnchors };
}

async function delegationSigner(conf: string, zone: string): Promise<string> {
  const { stdout } = await promisify(execFile)('keymgr', ['-c', conf, zone, 'ds'], { env: environment });
  // One line for each kind of digest: the last is as good as any.
  return stdout.trim().split('\n').at(-1)!;
}

/** The text with an origin, a short time to live and the SOA and NS records that every zone must have. */
function zoneFile(zone: string, text: string): string {
  const head = [`$ORIGIN ${zone}.`, '$TTL 60'];
  if (!/\sSOA\s/.test(text)) head.push('@ SOA ns hostmaster 1 3600 600 86400 60');
  if (!/^@?\s+(\d+\s+)?(IN\s+)?NS\s/m.test(text)) head.push('@ NS ns', 'ns A 127.0.0.1');
  return `${head.join('\n')}\n${text}\n`;
}
