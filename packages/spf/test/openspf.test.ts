import { describe, expect, it } from 'vitest';
import type { Resolver } from '@postern/dns';
import { checkSpf } from '@postern/spf';
import { openspfSuite } from './openspf-suite.ts';
import { suiteResolver } from './suite-resolver.ts';

const { scenarios, missing } = openspfSuite();
const ways: [string, (resolver: Resolver) => Resolver, boolean][] = [
  ['answers come at once', (resolver) => resolver, true],
  ['answers come later', later, true],
  ['one question follows the other', later, false],
];

describe.skipIf(missing !== undefined)(
  `the OpenSPF suite for RFC 7208${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    const tests = scenarios.flatMap((scenario) => scenario.tests);

    it('is whole: 203 results, 22 of them with an explanation', () => {
      expect(tests).toHaveLength(203);
      expect(tests.filter(({ explanation }) => explanation !== undefined)).toHaveLength(22);
    });

    describe.each(ways)('where %s', (_way, delayed, prefetch) => {
      for (const { title: scenario, zones, tests: cases } of scenarios) {
        const resolver = delayed(suiteResolver(zones));
        it.each(cases)(`${scenario}: $name`, async ({ query, results, explanation }) => {
          const result = await checkSpf(query, { resolver, prefetch, defaultExplanation: 'DEFAULT' });
          expect(results).toContain(result.result);
          expect(result.explanation).toBe(explanation ?? result.explanation);
        });
      }
    });
  },
);

function later(resolver: Resolver): Resolver {
  return {
    resolve: async (name, type) => {
      await Promise.resolve();
      return resolver.resolve(name, type);
    },
  };
}
