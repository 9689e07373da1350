import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeText } from '@postern/config';
import { corpusDirectory, describeWith } from '@postern/testbed';
import { expect, it } from 'vitest';
import { applyPlan, invertPlan, orderPlan, prunePlan, renderDiff } from '@postern/plan';
import { because, planOf, service, setParameter } from './examples.ts';

const plan = orderPlan(
  planOf(
    setParameter('smtpd_recipient_restrictions', 'permit_mynetworks, reject_unauth_destination'),
    setParameter('compatibility_level', '3.6'),
    { type: 'remove-parameter', name: 'smtpd_use_tls', because },
    { type: 'remove-parameter', name: 'mynetworks', because },
    {
      type: 'put-service',
      service: service('smtp', { type: 'inet', options: [{ name: 'a', value: 'b c' }] }),
      because,
    },
    {
      type: 'put-service',
      service: service('policy', { command: 'spawn', arguments: ['argv=/bin/true'] }),
      because,
    },
    { type: 'remove-service', name: 'pickup', serviceType: 'unix', because },
  ),
);

describeWith(['corpus'], 'real configurations', () => {
  for (const [folder, path] of [
    ['main', 'main.cf'],
    ['master', 'master.cf'],
  ] as const) {
    it(`a plan for each ${path} is done once and undone to the byte`, () => {
      const names = readdirSync(join(corpusDirectory, folder));
      expect(names.length).toBeGreaterThan(100);
      const wrong = names.filter((name) => {
        const before = {
          'main.cf': '',
          'master.cf': '',
          [path]: decodeText(readFileSync(join(corpusDirectory, folder, name))),
        };
        const after = applyPlan(before, plan);
        const back = applyPlan(after, invertPlan(before, plan));
        return (
          prunePlan(after, plan).changes.length > 0 ||
          back[path] !== before[path] ||
          renderDiff(before, after) === ''
        );
      });
      expect(wrong).toEqual([]);
    });
  }
});
