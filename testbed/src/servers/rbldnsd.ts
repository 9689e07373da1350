import { scratch } from '../scratch.ts';
import { server, settle, type Place, type Server } from './place.ts';

/** One data set of rbldnsd(8). Several with the same zone are one zone to its clients. */
export interface RbldnsdZone {
  readonly zone: string;
  readonly type:
    'ip4set' | 'ip4tset' | 'ip4trie' | 'ip6tset' | 'ip6trie' | 'dnset' | 'generic' | 'combined' | 'acl';
  /** The file's text, as rbldnsd(8) has it: `:127.0.0.2:listed` sets the answer for the entries that follow. */
  readonly data: string | Uint8Array;
}

export interface RbldnsdOptions extends Place {
  readonly zones: readonly RbldnsdZone[];
  /** Time to live of its answers, in seconds (2100). */
  readonly ttl?: number;
  /** More options of the program, `-a` say. */
  readonly args?: readonly string[];
}

export interface Rbldnsd extends Server {
  /** Writes other data for the zones (the same ones, in the same order) and has it read them. */
  reload(data: readonly (string | Uint8Array)[]): void;
}

/** Starts rbldnsd, the server that most public block lists run on. It answers by UDP only. */
export async function startRbldnsd({
  zones,
  ttl = 2100,
  args = [],
  ...place
}: RbldnsdOptions): Promise<Rbldnsd> {
  const { port, start } = await settle(place, 53);
  const files = scratch();
  const specs = zones.map(({ zone, type, data }, index) => {
    files.write(`${index}.zone`, data);
    return `${zone}:${type}:${index}.zone`;
  });
  // -n: in the foreground; -e: ranges need not begin on their boundary, as in the lists that people publish.
  const options = ['-n', '-e', '-b', `127.0.0.1/${port}`, '-w', files.folder, '-t', String(ttl)];
  const daemon = await start('rbldnsd', [...options, ...args, ...specs], {
    ready: (output) => output.includes(' started ('),
    within: 60_000,
  });
  return {
    ...server(daemon, port, files),
    reload(data) {
      for (const [index, text] of data.entries()) files.write(`${index}.zone`, text);
      daemon.signal('SIGHUP');
    },
  };
}
