import type { Store } from '@postern/dns';
import type { SharedHealth } from './health.ts';
import type { ZoneMonitor } from './monitor.ts';

/** What a store holds about one list. */
interface Shared {
  /** Days since 1970, in UTC. */
  readonly day: number;
  /** Queries of that day by process. A process only ever writes its own count, and counts only grow. */
  readonly queries: Readonly<Record<string, number>>;
  readonly health?: SharedHealth;
}

const dayInMs = 86_400_000;

/**
 * Lets processes that share a store act as one client of the lists: they add up their queries against the quota, and
 * what one learns from the test points all of them know.
 *
 * Everybody reads, merges and writes back. Two that do so at the same time lose nothing for long: counts merge to the
 * larger one, health to the newer one, and whoever was overwritten writes again in the next round.
 */
export class HealthSharing {
  readonly #store: Store;
  readonly #monitors: readonly ZoneMonitor[];
  readonly #id = Math.random().toString(36).slice(2, 12);
  readonly #known = new Map<ZoneMonitor, Shared>();
  readonly #timer: ReturnType<typeof setInterval>;

  /** @param interval in ms */
  constructor(store: Store, monitors: readonly ZoneMonitor[], interval: number) {
    this.#store = store;
    this.#monitors = monitors;
    this.#timer = setInterval(() => void this.sync(), interval);
    this.#timer.unref?.();
  }

  /** One round over all lists. Never rejects: a store that is away costs the sharing and nothing else. */
  async sync(): Promise<void> {
    await Promise.allSettled(this.#monitors.map((monitor) => this.#syncZone(monitor)));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.sync();
  }

  async #syncZone(monitor: ZoneMonitor): Promise<void> {
    const key = `dnsbl/${monitor.zone.name}`;
    const now = Date.now();
    const { day, queries } = monitor.counters.quota.own(now);
    const stored = parse(await this.#store.get(key));
    const remembered = this.#known.get(monitor);
    const counts: Record<string, number> = {};
    for (const source of [stored, remembered]) {
      if (source?.day !== day) continue;
      for (const [id, count] of Object.entries(source.queries)) counts[id] = Math.max(counts[id] ?? 0, count);
    }
    counts[this.#id] = queries;
    monitor.counters.quota.adopt(Object.values(counts).reduce((sum, count) => sum + count, 0) - queries);

    if (stored?.health) monitor.adopt(stored.health);
    const health = monitor.share();
    const shared: Shared = { day, queries: counts, ...(health && { health }) };
    this.#known.set(monitor, shared);
    await this.#store.set(key, JSON.stringify(shared), 2 * dayInMs);
  }
}

/** What others have written is not trusted to be what we would write. */
function parse(text: string | undefined): Shared | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<Shared>;
    if (typeof value.day !== 'number' || typeof value.queries !== 'object' || value.queries === null)
      return undefined;
    const queries = Object.fromEntries(
      Object.entries(value.queries).filter(([, count]) => Number.isSafeInteger(count) && count >= 0),
    );
    const health =
      typeof value.health?.at === 'number' && value.health.at <= Date.now() + 60_000
        ? value.health
        : undefined;
    return { day: value.day, queries, ...(health && { health }) };
  } catch {
    return undefined;
  }
}
