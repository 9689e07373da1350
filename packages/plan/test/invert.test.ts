import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { applyPlan, invertPlan, irreversibleChanges, type Change } from '@postern/plan';
import { because, planArbitrary, planOf, setParameter, someFiles } from './examples.ts';
import { meaningOf } from './meaning.ts';

const files = { 'main.cf': 'a = 1\nb = 2\nc = 3\n', 'master.cf': 'smtp inet n - y - - smtpd\n' };

describe('invertPlan', () => {
  it('gives every byte back, whatever the plan did', () => {
    fc.assert(
      fc.property(someFiles, planArbitrary(), (before, plan) => {
        expect(applyPlan(applyPlan(before, plan), invertPlan(before, plan))).toEqual(before);
      }),
    );
  });

  it('gives the meaning back by name alone, for files that were edited since', () => {
    fc.assert(
      fc.property(someFiles, planArbitrary(), (before, plan) => {
        const inverse = invertPlan(before, plan, { keepLaterEdits: true });
        const edited = applyPlan(applyPlan(before, plan), planOf(setParameter('later_edit', 'stays')));
        const wanted = applyPlan(before, planOf(setParameter('later_edit', 'stays')));
        expect(meaningOf(applyPlan(edited, inverse))).toEqual(meaningOf(wanted));
      }),
    );
  });

  it('undoes one parameter by that parameter', () => {
    const inverse = invertPlan(files, planOf(setParameter('b', '9'), setParameter('d', 'new')));
    expect(inverse.changes).toMatchObject([
      { type: 'set-parameter', name: 'b', value: '2', because: { why: 'Undoes: It is safer so.' } },
      { type: 'remove-parameter', name: 'd' },
    ]);
  });

  it('puts the whole file back where a parameter would return to another line', () => {
    const inverse = invertPlan(files, planOf({ type: 'remove-parameter', name: 'a', because }));
    expect(inverse.changes).toMatchObject([{ type: 'put-file', path: 'main.cf', content: files['main.cf'] }]);
  });

  it('removes a file that the plan made and does not compile it again', () => {
    const put: Change = { type: 'put-file', path: 'transport', content: 'x\n', because };
    const postmap: Change = {
      type: 'postfix-action',
      action: 'postmap',
      table: 'lmdb:/etc/postfix/transport',
      because,
    };
    const reload: Change = { type: 'postfix-action', action: 'reload', because };
    expect(invertPlan(files, planOf(put, postmap, reload)).changes).toMatchObject([
      { type: 'remove-file', path: 'transport' },
      { type: 'postfix-action', action: 'reload' },
    ]);
    expect(invertPlan({ ...files, transport: 'old\n' }, planOf(put, postmap)).changes).toMatchObject([
      { type: 'put-file', path: 'transport', content: 'old\n' },
      { type: 'postfix-action', action: 'postmap' },
    ]);
  });

  it('sets a kernel setting back when it knows the old value, and says what stays when it does not', () => {
    const sysctl: Change = { type: 'set-sysctl', key: 'vm.swappiness', value: '1', because };
    const install: Change = { type: 'install-package', name: { debian: 'postfix-pcre' }, because };
    const plan = planOf(install, sysctl);
    const state = { sysctl: { 'vm.swappiness': '60' } };
    expect(invertPlan(files, plan, { state }).changes).toMatchObject([{ type: 'set-sysctl', value: '60' }]);
    expect(invertPlan(files, plan).changes).toEqual([]);
    expect(irreversibleChanges(plan, state)).toEqual([install]);
    expect(irreversibleChanges(plan)).toEqual([install, sysctl]);
  });
});
