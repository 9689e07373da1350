import { expect, it } from 'vitest';
import type { Resolver } from '@postern/dns';
import { checkSpf, replayResolver, traceLookups, type SpfResult, type SpfTrace } from '@postern/spf';
import { makeWorld, worldResolver } from './world.ts';

it('comes to the same result, lookups and void lookups when a trace is replayed', () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const { query, ...world } = makeWorld(seed);
    const first = checkSpf(query, { resolver: worldResolver({ query, ...world }) }) as SpfResult;
    // Through JSON, as a bug report would carry it.
    const trace = JSON.parse(JSON.stringify(first.trace)) as SpfTrace | null;
    const again = checkSpf(query, { resolver: replayResolver(trace) }) as SpfResult;
    expect({ seed, ...again, queries: 0 }).toEqual({ seed, ...first, queries: 0 });
  }
});

it('counts in the trace what it counts in the result', () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const world = makeWorld(seed);
    const {
      trace,
      lookups,
      void: voids,
    } = checkSpf(world.query, { resolver: worldResolver(world) }) as SpfResult;
    if (!trace) continue;
    expect({ seed, ...addUp(trace) }).toEqual({ seed, lookups, voids });
  }
});

it('shows every question that was asked, and no other', () => {
  for (let seed = 1; seed <= 1000; seed++) {
    const world = makeWorld(seed);
    const asked = new Set<string>();
    const resolver: Resolver = {
      resolve: (name, type) => {
        asked.add(`${type} ${name}`);
        return worldResolver(world).resolve(name, type);
      },
    };
    const { trace } = checkSpf(world.query, { resolver }) as SpfResult;
    const shown = trace ? [...traceLookups(trace)].map(({ name, type }) => `${type} ${name}`) : [];
    expect([...new Set(shown)].toSorted(), `world ${seed}`).toEqual([...asked].toSorted());
  }
});

it('has the same trace whenever answers come and however they are asked for', async () => {
  for (let seed = 1; seed <= 600; seed++) {
    const world = makeWorld(seed);
    const atOnce = checkSpf(world.query, { resolver: worldResolver(world) }) as SpfResult;
    for (const prefetch of [true, false]) {
      const resolver = unevenly(worldResolver(world), seed);
      const later = await checkSpf(world.query, { resolver, prefetch });
      expect(withoutTimes(later), `world ${seed}`).toEqual(withoutTimes(atOnce));
    }
  }
});

/** Answers after different numbers of turns, some of them at once. */
function unevenly(resolver: Resolver, seed: number): Resolver {
  return {
    resolve(name, type) {
      const turns = (name.length * 7 + type.length + seed) % 4;
      if (turns === 0) return resolver.resolve(name, type);
      return (async () => {
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        return resolver.resolve(name, type);
      })();
    },
  };
}

function withoutTimes(result: SpfResult): unknown {
  return JSON.parse(
    JSON.stringify({ ...result, queries: 0 }, (key, value: unknown) => (key === 'ms' ? 0 : value)),
  );
}

function addUp(trace: SpfTrace): { lookups: number; voids: number } {
  let lookups = 0;
  let voids = 0;
  for (const term of trace.terms) {
    lookups += term.counted;
    voids += term.void ? 1 : 0;
    if (!term.inner) continue;
    const inside = addUp(term.inner);
    lookups += inside.lookups;
    voids += inside.voids;
  }
  return { lookups, voids };
}
