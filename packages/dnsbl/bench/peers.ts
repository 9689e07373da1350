import { createRequire } from 'node:module';
import { promises } from 'node:dns';
import { batch } from 'dnsbl';

/** Asks one list about many addresses, so many at once. @returns the addresses that it calls listed */
export type Peer = (addresses: readonly string[], concurrency: number) => Promise<Set<string>>;

/** npm dnsbl, by its own batch function. */
export function dnsblPeer(server: string, zone: string): Peer {
  return async (addresses, concurrency) => {
    const results = await batch([...addresses], zone, { servers: [server], concurrency, timeout: 5000 });
    return new Set(results.filter(({ listed }) => listed).map(({ address }) => address));
  };
}

interface HarakaPlugin {
  cfg: object;
  lookup(address: string, zone: string): Promise<string[] | undefined>;
}

/** haraka-plugin-dns-list, by the function that each of its hooks calls. */
export function harakaPeer(server: string, zone: string): Peer {
  // It makes its own resolver when it is loaded, from the system's configuration: give it ours.
  const { Resolver } = promises;
  promises.Resolver = class extends Resolver {
    constructor(options?: ConstructorParameters<typeof Resolver>[0]) {
      super(options);
      this.setServers([server]);
    }
  };
  const require = createRequire(import.meta.url);
  const plugin = require('haraka-plugin-dns-list') as HarakaPlugin;
  promises.Resolver = Resolver;
  const log = Object.fromEntries(
    ['logerror', 'logwarn', 'loginfo', 'logdebug'].map((name) => [name, () => {}]),
  );
  Object.assign(plugin, { ...log, cfg: { main: {}, stats: {} }, zones: new Set([zone]) });
  return async (addresses, concurrency) => {
    const listed = new Set<string>();
    await atOnce(concurrency, addresses, async (address) => {
      if (await plugin.lookup(address, zone)) listed.add(address);
    });
    return listed;
  };
}

/** Runs the work for all items, so many at once. */
export async function atOnce<T>(
  count: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: count }, worker));
}
