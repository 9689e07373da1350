import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PackedTable } from '../../src/verdict/packed-table.ts';
import { VerdictCache } from '../../src/verdict/verdict-cache.ts';
import type { Verdict } from '../../src/verdict/verdict.ts';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('PackedTable', () => {
  it('behaves as a map in which entries run out, except that a full place forgets', () => {
    const step = fc.record({
      key: fc.tuple(fc.constantFrom(0, 1, 2 ** 32 - 1), word),
      value: word,
      life: fc.integer({ min: 1, max: 50 }),
      pass: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(1 as const, 4 as const),
        fc.array(step, { maxLength: 200 }),
        (words, steps) => {
          const table = new PackedTable(words, 4096);
          const model = new Map<string, { value: number; expires: number }>();
          let now = 1;
          for (const { key, value, life, pass } of steps) {
            const [a, b] = words === 1 ? [key[1], 0] : key;
            table.put(now, now + life, value, a, b);
            model.set(`${a} ${b}`, { value, expires: now + life });
            now += pass;
            for (const [name, entry] of model) {
              const [x, y] = name.split(' ').map(Number) as [number, number];
              expect(table.find(now, x, y)).toBe(entry.expires > now ? entry.value : -1);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps nearly all of as many entries as it is made for', () => {
    const table = new PackedTable(1, 100_000);
    for (let key = 0; key < 100_000; key++) table.put(1, 100, key, (key * 2654435761) % 2 ** 32);
    let kept = 0;
    for (let key = 0; key < 100_000; key++) if (table.find(1, (key * 2654435761) % 2 ** 32) === key) kept++;
    expect(kept).toBeGreaterThan(97_000);
    expect(table.size / 100_000).toBeLessThanOrEqual(64);
  });
});

describe('VerdictCache', () => {
  const verdict = (reason: string): Verdict => ({
    zone: 'bl.example.net',
    status: 'listed',
    codes: ['127.0.0.2'],
    meaning: '',
    reason,
    weight: 1,
  });

  it('gives a list that has its own words for every address no more than its share of the memory', () => {
    const cache = new VerdictCache({ entries: 200_000 });
    for (let value = 0; value < 70_000; value++)
      cache.put({ family: 4, value }, [verdict(`ticket ${value}`)], 1, 60, 'x');
    expect(cache.findIpv4(1, '0.0.0.1')?.verdicts[0]?.reason).toBe('ticket 1');
    expect(cache.findIpv4(69_999, '0.1.17.111')).toBeUndefined();
    // A set of verdicts that is known still finds its place.
    cache.put({ family: 4, value: 80_000 }, [verdict('ticket 1')], 1, 60, 'x');
    expect(cache.findIpv4(80_000, '0.1.56.128')?.verdicts[0]?.reason).toBe('ticket 1');
  });

  it('keeps errors only as long as they last, and what has no time not at all', () => {
    const cache = new VerdictCache({ minTtl: 60 });
    cache.put({ family: 4, value: 1 }, [verdict('')], 1, 0, 'x');
    expect(cache.findIpv4(1, '0.0.0.1')).toBeUndefined();
    cache.put({ family: 4, value: 1 }, [verdict('')], 1, Infinity, 'x');
    expect(cache.findIpv4(1, '0.0.0.1')).toMatchObject({ score: 1 });
    cache.clear();
    expect(cache.findIpv4(1, '0.0.0.1')).toBeUndefined();
  });
});
