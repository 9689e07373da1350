import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePlan, printPlan } from '@postern/plan';
import { anyChange, because, planArbitrary, planOf, setParameter } from './examples.ts';

function parse(value: unknown): ReturnType<typeof parsePlan> {
  return parsePlan(JSON.stringify(value));
}

function withChange(change: object): unknown {
  return { ...planOf(), changes: [{ because, ...change }] };
}

describe('parsePlan', () => {
  it('reads back what printPlan wrote', () => {
    fc.assert(
      fc.property(planArbitrary(anyChange), (plan) => {
        expect(parsePlan(printPlan(plan))).toEqual({ plan, problems: [] });
      }),
    );
  });

  it('keeps the reasons that were merged', () => {
    const plan = planOf({ ...setParameter('a', 'b'), also: [because] });
    expect(parsePlan(printPlan(plan)).plan).toEqual(plan);
  });

  it('throws at nothing that anybody may send', () => {
    const isPlanOrProblem = (result: ReturnType<typeof parsePlan>): void => {
      expect(result.plan === undefined).toBe(result.problems.length > 0);
    };
    fc.assert(fc.property(fc.jsonValue(), (value) => isPlanOrProblem(parse(value))));
    fc.assert(fc.property(fc.string(), (text) => isPlanOrProblem(parsePlan(text))));
    fc.assert(
      fc.property(planArbitrary(anyChange), fc.jsonValue(), fc.nat(), ({ changes, ...plan }, value, at) => {
        const broken = changes.map((change, index) =>
          index === at % changes.length ? { ...change, because: value } : change,
        );
        isPlanOrProblem(parse({ ...plan, changes: broken }));
      }),
    );
  });

  it('says where a field is wrong and what it must be', () => {
    const { problems } = parse({
      target: { name: 'x', postfix: 'new' },
      changes: [{ type: 'set-parameter', name: 'a b', value: 'x\ny', because }, { type: 'format-disk' }],
      checks: {},
      extra: 1,
    });
    expect(problems.map(({ at, message }) => [at, message])).toEqual([
      ['extra', 'extra is not a field that a plan has'],
      ['target.postfix', 'target.postfix must be a Postfix version such as 3.7.11'],
      ['changes[0].name', 'changes[0].name must be a parameter name: no white space, `=`, `#` or NUL'],
      [
        'changes[0].value',
        'changes[0].value must have white space at the start of each line after the first',
      ],
      ['changes[1].type', expect.stringMatching(/^changes\[1\]\.type must be one of set-parameter, /)],
      ['checks', 'checks must be a list'],
    ]);
    for (const problem of problems) expect(problem.advice).not.toBe('');
  });

  it.each([
    { type: 'put-file', path: '../shadow', content: '' },
    { type: 'put-file', path: 'a/../../b', content: '' },
    { type: 'put-file', path: 'x', content: '', mode: 0o10000 },
    { type: 'put-file', path: 'x\0', content: '' },
    { type: 'remove-file', path: '/' },
    { type: 'set-parameter', name: 'a=b', value: '' },
    { type: 'set-parameter', name: 'a', value: 'x\0' },
    { type: 'set-sysctl', key: 'x; reboot', value: '1' },
    { type: 'set-sysctl', key: 'vm.swappiness', value: '$(reboot)' },
    { type: 'install-package', name: { debian: '-o=x' } },
    { type: 'postfix-action', action: 'destroy' },
    { type: 'remove-service', name: 'smtp', serviceType: 'tcp' },
  ])('refuses %o', (change) => {
    expect(parse(withChange(change))).toMatchObject({ plan: undefined, problems: [{ code: 'bad-field' }] });
  });

  it('takes nothing from the prototype of an object', () => {
    const { problems } = parsePlan('{"__proto__": {"changes": []}, "target": {}, "checks": []}');
    expect(problems.map(({ at }) => at)).toContain('changes');
    expect(parse(withChange({ type: 'constructor' })).problems[0]?.at).toBe('changes[0].type');
  });

  it('refuses what is too long or no JSON', () => {
    expect(parsePlan(printPlan(planOf()), { limit: 10 }).problems).toMatchObject([{ code: 'too-large' }]);
    expect(parsePlan('{').problems).toMatchObject([{ code: 'not-json' }]);
  });
});
