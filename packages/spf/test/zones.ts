import { fixtureResolver, type Answer, type RecordType, type Resolver, type Zones } from '@postern/dns';
import { checkSpf, zoneStrings, type SpfLimits, type SpfResult } from '@postern/spf';

/** Zones of which most say nothing but an SPF record: a text stands for the one TXT record. */
export type ShortZones = Readonly<Record<string, string | Exclude<Zones[string], string>>>;

export function zonesOf(short: ShortZones): Zones {
  const node = (value: ShortZones[string]): Zones[string] =>
    typeof value === 'string' && value.startsWith('v=')
      ? { TXT: [zoneStrings(value)] }
      : (value as Zones[string]);
  return Object.fromEntries(Object.entries(short).map(([name, value]) => [name, node(value)]));
}

export function resolverOf(short: ShortZones): Resolver {
  return fixtureResolver(zonesOf(short));
}

/** Checks joe@example.com from 192.0.2.1 against zones, with answers at once. */
export function check(
  short: ShortZones,
  { ip = '192.0.2.1', limits }: { ip?: string; limits?: Partial<SpfLimits> } = {},
): SpfResult {
  const query = { ip, helo: 'mail.example.com', sender: 'joe@example.com' };
  return checkSpf(query, { resolver: resolverOf(short), ...(limits ? { limits } : {}) }) as SpfResult;
}

/** A resolver that answers only when it is told to, one round trip at a time, and counts what it was asked. */
export class SlowResolver implements Resolver {
  readonly asked: string[] = [];
  readonly aborted: string[] = [];
  #waiting: (() => void)[] = [];
  readonly #inner: Resolver;

  constructor(short: ShortZones) {
    this.#inner = resolverOf(short);
  }

  resolve<T extends RecordType>(
    name: string,
    type: T,
    options?: { signal?: AbortSignal },
  ): Promise<Answer<T>> {
    const question = `${type} ${name}`;
    this.asked.push(question);
    return new Promise((resolve) => {
      options?.signal?.addEventListener('abort', () => this.aborted.push(question));
      this.#waiting.push(() => resolve(this.#inner.resolve(name, type)));
    });
  }

  /** Lets everything that is on its way arrive, again and again until the check is done. */
  async roundTrips(running: Promise<SpfResult> | SpfResult): Promise<{ trips: number; result: SpfResult }> {
    let result: SpfResult | undefined;
    void Promise.resolve(running).then((value) => (result = value));
    for (let trips = 0; ; trips++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (result) return { trips, result };
      for (const arrive of this.#waiting.splice(0)) arrive();
    }
  }
}
