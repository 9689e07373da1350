import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { applyPlan, mergePlans, reasonsOf, type Change, type Plan } from '@postern/plan';
import { anyChange, because, planArbitrary, planOf, service, setParameter, someFiles } from './examples.ts';
import { meaningOf } from './meaning.ts';

const other = { why: 'Another reason.', source: 'RFC 5321', versions: 'all' };

describe('mergePlans', () => {
  it('makes one change of two that say the same, and keeps both reasons', () => {
    const { plan, conflicts } = mergePlans(
      planOf(setParameter('relayhost', 'a')),
      planOf(setParameter('relayhost', 'a', other), setParameter('myhostname', 'b')),
    );
    expect(conflicts).toEqual([]);
    expect(plan.changes).toEqual([
      { ...setParameter('relayhost', 'a'), also: [other] },
      setParameter('myhostname', 'b'),
    ]);
  });

  it('reports what contradicts and leaves it out', () => {
    const a = setParameter('relayhost', 'a');
    const b = setParameter('relayhost', 'b');
    const fine = setParameter('myhostname', 'x');
    const { plan, conflicts } = mergePlans(planOf(a, fine), planOf(b));
    expect(plan.changes).toEqual([fine]);
    expect(conflicts).toEqual([
      {
        type: 'changes',
        subject: 'main.cf relayhost',
        alternatives: [
          { plan: 0, change: a },
          { plan: 1, change: b },
        ],
      },
    ]);
  });

  it('sees that a whole file and a parameter in it contradict', () => {
    const put: Change = { type: 'put-file', path: './main.cf', content: '', because };
    const { plan, conflicts } = mergePlans(
      planOf(setParameter('a', '1'), setParameter('b', '2')),
      planOf(put),
    );
    expect(plan.changes).toEqual([]);
    expect(conflicts).toMatchObject([
      { subject: 'main.cf', alternatives: [{ plan: 0 }, { plan: 0 }, { plan: 1 }] },
    ]);
  });

  it('lets a service swallow the option that it has already, and not one that it lacks', () => {
    const put: Change = {
      type: 'put-service',
      service: service('smtp', { options: [{ name: 'x', value: '1' }] }),
      because,
    };
    const option = (value: string): Change => ({
      type: 'set-service-option',
      name: 'smtp',
      serviceType: 'unix',
      option: 'x',
      value,
      because: other,
    });
    for (const plans of [
      [planOf(put), planOf(option('1'))],
      [planOf(option('1')), planOf(put)],
    ] as const) {
      const merged = mergePlans(...plans);
      expect(merged.conflicts).toEqual([]);
      expect(merged.plan.changes).toMatchObject([{ type: 'put-service' }]);
      expect(new Set(reasonsOf(merged.plan.changes[0]!))).toEqual(new Set([because, other]));
    }
    expect(mergePlans(planOf(put), planOf(option('2'))).conflicts).toHaveLength(1);
  });

  it('says when plans are for different hosts or versions', () => {
    const newer: Plan = { ...planOf(), target: { name: 'mx.example.com', postfix: '3.11.0' } };
    expect(mergePlans(planOf(), newer).conflicts).toEqual([
      { type: 'targets', targets: [planOf().target, newer.target] },
    ]);
  });

  it('keeps each check once', () => {
    const check = { id: 'no-relay', description: 'A stranger cannot relay.' };
    const plan = { ...planOf(), checks: [check] };
    expect(mergePlans(plan, { ...plan, checks: [{ ...check }] }).plan.checks).toEqual([check]);
  });

  it('of a plan with itself is that plan', () => {
    fc.assert(
      fc.property(someFiles, planArbitrary(anyChange), (files, plan) => {
        const { plan: merged, conflicts } = mergePlans(plan, plan);
        expect(conflicts).toEqual([]);
        expect(meaningOf(applyPlan(files, merged))).toEqual(meaningOf(applyPlan(files, plan)));
      }),
    );
  });

  it('comes to the same whichever plan is named first', () => {
    fc.assert(
      fc.property(planArbitrary(anyChange), planArbitrary(anyChange), (a, b) => {
        const one = mergePlans(a, b);
        const two = mergePlans(b, a);
        const subjects = (
          conflicts: readonly { readonly type: string; readonly subject?: string }[],
        ): string[] => conflicts.map(({ subject = '' }) => subject).toSorted();
        expect(subjects(two.conflicts)).toEqual(subjects(one.conflicts));
        expect(two.plan.changes.map(({ type }) => type).toSorted()).toEqual(
          one.plan.changes.map(({ type }) => type).toSorted(),
        );
      }),
    );
  });

  it('without conflicts does all that each plan does', () => {
    fc.assert(
      fc.property(someFiles, planArbitrary(), planArbitrary(), (files, a, b) => {
        const { plan, conflicts } = mergePlans(a, b);
        fc.pre(conflicts.length === 0);
        const after = applyPlan(files, plan);
        expect(meaningOf(applyPlan(after, mergePlans(a).plan))).toEqual(meaningOf(after));
        expect(meaningOf(applyPlan(after, mergePlans(b).plan))).toEqual(meaningOf(after));
      }),
    );
  });

  it('never has a contested change in the plan', () => {
    fc.assert(
      fc.property(planArbitrary(anyChange), planArbitrary(anyChange), (a, b) => {
        const { plan, conflicts } = mergePlans(a, b);
        const contested = conflicts.flatMap((conflict) =>
          conflict.type === 'changes' ? conflict.alternatives : [],
        );
        for (const { change } of contested) expect(plan.changes).not.toContain(change);
        const sides = conflicts.map((conflict) =>
          conflict.type === 'changes' ? new Set(conflict.alternatives.map(({ plan: from }) => from)).size : 2,
        );
        expect(sides.filter((count) => count !== 2)).toEqual([]);
      }),
    );
  });
});
