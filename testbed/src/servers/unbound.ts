import { scratch } from '../scratch.ts';
import { server, settle, type Place, type Server } from './place.ts';

export interface UnboundOptions extends Place {
  /** Which server is asked about a zone (`.` for all): `{ 'example.com': '127.0.0.1:5301' }`. */
  readonly stubs?: Readonly<Record<string, string>>;
  /** More lines for the server section of unbound.conf(5). */
  readonly settings?: string;
  /** More text after it: other clauses. */
  readonly clauses?: string;
}

/** Starts Unbound, a caching resolver, that asks the given servers and nobody else. */
export async function startUnbound({
  stubs = {},
  settings = '',
  clauses = '',
  ...place
}: UnboundOptions): Promise<Server> {
  const { port, start } = await settle(place, 53);
  const files = scratch();
  const conf = files.write(
    'unbound.conf',
    [
      'server:',
      '  interface: 127.0.0.1',
      `  port: ${port}`,
      '  do-daemonize: no',
      '  username: ""',
      '  chroot: ""',
      `  directory: ${files.folder}`,
      '  pidfile: ""',
      '  use-syslog: no',
      '  logfile: ""',
      '  verbosity: 1',
      '  num-threads: 1',
      '  do-not-query-localhost: no',
      // No validation: the zones of tests are unsigned and there is no root to ask.
      '  module-config: iterator',
      ...settings.split('\n').map((line) => `  ${line}`),
      ...Object.entries(stubs).flatMap(([zone, address]) => [
        'stub-zone:',
        `  name: "${zone}"`,
        `  stub-addr: ${address.replace(/:(\d+)$/, '@$1')}`,
        '  stub-prime: no',
      ]),
      'remote-control:',
      '  control-enable: no',
      clauses,
      '',
    ].join('\n'),
  );
  const daemon = await start('unbound', ['-d', '-p', '-c', conf], {
    ready: (output) => output.includes('start of service'),
  });
  return server(daemon, port, files);
}
