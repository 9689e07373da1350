import { describe, expect, it } from 'vitest';
import { countChanges, isEmpty, pathsOf } from '@postern/plan';
import { because, planOf, service, setParameter } from './examples.ts';

describe('a plan', () => {
  const plan = planOf(
    setParameter('a', '1'),
    setParameter('b', '2'),
    { type: 'put-service', service: service('x'), because },
    { type: 'put-file', path: './maps//access', content: '', because },
    { type: 'postfix-action', action: 'reload', because },
  );

  it('counts its changes', () => {
    expect(countChanges(plan)).toEqual({
      total: 5,
      byType: { 'set-parameter': 2, 'put-service': 1, 'put-file': 1, 'postfix-action': 1 },
    });
    expect([isEmpty(plan), isEmpty(planOf())]).toEqual([false, true]);
  });

  it('names the files that it writes', () => {
    expect(pathsOf(plan)).toEqual(['main.cf', 'master.cf', 'maps/access']);
  });
});
