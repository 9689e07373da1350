import { describe, expect, it } from 'vitest';
import type { Resolver } from '@postern/dns';
import { checkSpf } from '@postern/spf';
import { makeWorld, worldResolver } from './world.ts';
import { resolverOf, SlowResolver, type ShortZones } from './zones.ts';

const query = { ip: '192.0.2.1', helo: 'mail.example.com', sender: 'joe@example.com' };
const nine = Array.from({ length: 9 }, (_, index) => index + 1);

const flat: ShortZones = {
  'example.com': `v=spf1 ${nine.map((n) => `include:i${n}.example.net`).join(' ')} -all`,
  ...Object.fromEntries(nine.map((n) => [`i${n}.example.net`, `v=spf1 ip4:198.51.100.${n} -all`])),
};
const chain: ShortZones = {
  'example.com': 'v=spf1 include:i1.example.net -all',
  ...Object.fromEntries(
    nine.map((n) => [
      `i${n}.example.net`,
      n < 9 ? `v=spf1 include:i${n + 1}.example.net -all` : 'v=spf1 -all',
    ]),
  ),
};
const tenHosts = Array.from({ length: 10 }, (_, index) => `mx${index}.example.net`);
const mx: ShortZones = {
  'example.com': {
    TXT: [['v=spf1 mx -all']],
    MX: tenHosts.map((exchange, preference) => ({ preference, exchange })),
  },
  ...Object.fromEntries(tenHosts.map((name) => [name, { A: ['198.51.100.1'] }])),
};

async function run(
  zones: ShortZones,
  prefetch: boolean,
): Promise<{ trips: number; asked: number; result: string }> {
  const resolver = new SlowResolver(zones);
  const { trips, result } = await resolver.roundTrips(checkSpf(query, { resolver, prefetch }));
  expect(new Set(resolver.asked).size).toBe(resolver.asked.length);
  expect(result.queries).toBe(resolver.asked.length);
  return { trips, asked: resolver.asked.length, result: result.result };
}

describe('asking ahead', () => {
  it.each([
    ['nine includes side by side', flat, 2, 10, 10],
    ['nine includes in a chain, where nothing can be asked ahead', chain, 10, 10, 10],
    ['ten MX hosts', mx, 3, 12, 12],
  ])('takes fewer round trips and no more questions: %s', async (_title, zones, trips, asked, trips1) => {
    expect(await run(zones, true)).toEqual({ trips, asked, result: 'fail' });
    expect(await run(zones, false)).toEqual({ trips: trips1, asked, result: 'fail' });
  });

  it('asks for nothing behind a term that is known to match', async () => {
    const zones = {
      ...flat,
      'example.com': `v=spf1 include:i1.example.net ip4:192.0.2.1 ${nine.map((n) => `a:h${n}.example.net`).join(' ')} -all`,
    };
    expect(await run(zones, true)).toEqual({ trips: 2, asked: 2, result: 'pass' });
  });

  it('asks for too much where an early term matches, and never for more than ten terms', async () => {
    const early = { ...flat, 'i1.example.net': 'v=spf1 ip4:192.0.2.1 -all' };
    expect(await run(early, true)).toEqual({ trips: 2, asked: 10, result: 'pass' });
    expect(await run(early, false)).toEqual({ trips: 2, asked: 2, result: 'pass' });
    const twenty = Array.from({ length: 20 }, (_, index) => `a:h${index}.example.net`);
    expect((await run({ 'example.com': `v=spf1 ${twenty.join(' ')} -all` }, true)).asked).toBeLessThanOrEqual(
      11,
    );
  });

  it('stops asking ahead once ten terms were asked for, whatever the records hold inside', async () => {
    const inner = nine.map((n) => `a:x${n}.example.net`).join(' ');
    const zones = {
      ...flat,
      ...Object.fromEntries(nine.map((n) => [`i${n}.example.net`, `v=spf1 ${inner} -all`])),
    };
    const ahead = await run(zones, true);
    const needed = await run(zones, false);
    expect(ahead.result).toBe(needed.result);
    // Nine includes are asked for together; what the first one holds is then asked for as it is needed.
    expect(ahead.asked - needed.asked).toBeLessThanOrEqual(10);
  });

  it('never asks for more than ten questions that turn out not to be needed', async () => {
    const crowded: ShortZones = {
      'example.com': `v=spf1 include:i1.example.net ${nine.map((n) => `mx:m${n}.example.net`).join(' ')} -all`,
      'i1.example.net': 'v=spf1 ip4:192.0.2.1 -all',
      ...Object.fromEntries(
        nine.map((n) => [
          `m${n}.example.net`,
          {
            MX: tenHosts.map((_, preference) => ({
              preference,
              exchange: `h${preference}.m${n}.example.net`,
            })),
          },
        ]),
      ),
    };
    const slowInclude = new SlowResolver(crowded);
    const memory = resolverOf(crowded);
    const check = checkSpf(query, {
      resolver: {
        async resolve(name, type, options) {
          if (name === 'i1.example.net') return slowInclude.resolve(name, type, options);
          await Promise.resolve();
          return memory.resolve(name, type);
        },
      },
    });
    const { result } = await slowInclude.roundTrips(check);
    expect(result).toMatchObject({ result: 'pass', lookups: 1, queries: 12 });

    for (let seed = 1; seed <= 600; seed++) {
      const world = makeWorld(seed);
      const count = async (prefetch: boolean): Promise<number> => {
        const inner = worldResolver(world);
        const resolver: Resolver = { resolve: async (name, type) => inner.resolve(name, type) };
        return (await checkSpf(world.query, { resolver, prefetch })).queries;
      };
      expect((await count(true)) - (await count(false)), `world ${seed}`).toBeLessThanOrEqual(10);
    }
  });

  it('stops the questions that the result does not need', async () => {
    const resolver = new SlowResolver({
      'example.com': 'v=spf1 include:i1.example.net a:slow.example.net -all',
    });
    let answerFirst: (() => void) | undefined;
    const check = checkSpf(query, {
      resolver: {
        resolve(name, type, options) {
          if (name === 'example.com')
            return Promise.resolve({
              status: 'found',
              records: [['v=spf1 include:i1.example.net a:slow.example.net -all']],
              ttl: 1,
            } as never);
          if (name === 'i1.example.net')
            return new Promise(
              (resolve) =>
                (answerFirst = () =>
                  resolve({ status: 'found', records: [['v=spf1 +all']], ttl: 1 } as never)),
            );
          return resolver.resolve(name, type, options);
        },
      },
    });
    while (!answerFirst) await new Promise((resolve) => setImmediate(resolve));
    answerFirst();
    expect(await check).toMatchObject({ result: 'pass', queries: 3 });
    expect(resolver.aborted).toEqual(['A slow.example.net']);
  });
});
