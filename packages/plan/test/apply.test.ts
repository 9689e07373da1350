import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { applyPlan, PlanError, prunePlan, type Change } from '@postern/plan';
import { because, planArbitrary, planOf, service, setParameter, someFiles } from './examples.ts';

const files = {
  'main.cf': '# ours\nmyhostname = mx.example.com\r\nrelayhost =\n',
  'master.cf': 'smtp      inet  n       -       y       -       -       smtpd\n',
};

describe('applyPlan', () => {
  it('changes the lines of what it changes and no others', () => {
    const after = applyPlan(files, planOf(setParameter('relayhost', '[smtp.example.net]:587')));
    expect(after).toEqual({
      ...files,
      'main.cf': '# ours\nmyhostname = mx.example.com\r\nrelayhost = [smtp.example.net]:587\n',
    });
  });

  it('makes the changes in the order of the plan', () => {
    const after = applyPlan(files, planOf(setParameter('relayhost', 'a'), setParameter('relayhost', 'b')));
    expect(after['main.cf']).toContain('relayhost = b\n');
  });

  it('adds a service and sets an option of it in one plan', () => {
    const option: Change = {
      type: 'set-service-option',
      name: 'policy',
      serviceType: 'unix',
      option: 'smtpd_delay_reject',
      value: 'no',
      because,
    };
    const after = applyPlan(
      files,
      planOf({ type: 'put-service', service: service('policy'), because }, option),
    );
    expect(after['master.cf']).toMatch(/^policy\s+unix[^]*-o smtpd_delay_reject=no\n$/m);
  });

  it('edits a main.cf that the same plan put in place', () => {
    const put: Change = { type: 'put-file', path: './main.cf', content: 'a = 1\n', because };
    expect(applyPlan(files, planOf(put, setParameter('a', '2')))['main.cf']).toBe('a = 2\n');
  });

  it('leaves out a file that the plan removes', () => {
    const after = applyPlan({ ...files, old: 'x' }, planOf({ type: 'remove-file', path: 'old', because }));
    expect(Object.keys(after)).toEqual(['main.cf', 'master.cf']);
  });

  it('keeps every byte when a value is already so, also where it breaks its lines elsewhere', () => {
    const broken = { 'main.cf': 'list =\n    a,\n# why b\n    b\n' };
    expect(applyPlan(broken, planOf(setParameter('list', 'a, b')))).toEqual(broken);
    expect(applyPlan(files, planOf(setParameter('myhostname', 'mx.example.com')))).toEqual(files);
  });

  it('says of every change that does not fit which it is and why', () => {
    const plan = planOf(
      setParameter('relayhost', 'fine'),
      { type: 'set-service-option', name: 'smtps', serviceType: 'inet', option: 'x', value: 'y', because },
      setParameter('relayhost', 'a\n# b'),
      { type: 'put-file', path: '../shadow', content: '', because },
    );
    const error = catchError(() => applyPlan(files, plan));
    expect(error.code).toBe('plan-does-not-fit');
    expect(error.problems).toMatchObject([
      { code: 'no-such-service', at: 'changes[1]', message: expect.stringContaining('smtps/inet') },
      { code: 'cannot-be-written', at: 'changes[2]', message: expect.stringContaining('relayhost') },
      { code: 'cannot-be-written', at: 'changes[3]', message: expect.stringContaining('../shadow') },
    ]);
    expect(error.message).toContain('(and 2 more)');
  });

  it('needs a master.cf for a service', () => {
    const error = catchError(() =>
      applyPlan({ 'main.cf': '' }, planOf({ type: 'put-service', service: service('x'), because })),
    );
    expect(error.problems[0]).toMatchObject({
      code: 'no-such-file',
      message: expect.stringContaining('master.cf'),
    });
  });

  it('refuses a value that an old Postfix could not read back', () => {
    const plan = planOf({
      type: 'set-service-option',
      name: 'smtp',
      serviceType: 'inet',
      option: 'x',
      value: 'a b',
      because,
    });
    const old = { ...plan, target: { name: 'x', postfix: '2.11.0' } };
    expect(applyPlan(files, plan)['master.cf']).toContain('-o { x = a b }');
    expect(catchError(() => applyPlan(files, old)).problems[0]?.code).toBe('cannot-be-written');
  });
});

describe('prunePlan', () => {
  it('leaves nothing of a plan that was applied', () => {
    fc.assert(
      fc.property(someFiles, planArbitrary(), (before, plan) => {
        const after = applyPlan(before, plan);
        const pruned = prunePlan(after, plan);
        expect(applyPlan(after, pruned)).toEqual(applyPlan(after, plan));
        // A plan that contradicts itself goes back and forth; any other is done.
        expect(isConsistent(plan.changes) ? pruned.changes : []).toEqual([]);
      }),
    );
  });

  it('sees that a list is so already, though its layout has no commas', () => {
    const laidOut = { ...files, 'main.cf': 'list =\n    a\n    b\n' };
    expect(prunePlan(laidOut, planOf(setParameter('list', 'a, b'))).changes).toEqual([]);
  });

  it('means the same as the plan', () => {
    fc.assert(
      fc.property(someFiles, planArbitrary(), (before, plan) => {
        expect(applyPlan(before, prunePlan(before, plan))).toEqual(applyPlan(before, plan));
      }),
    );
  });

  it('drops the reload that has nothing left to follow, and keeps one that was asked for alone', () => {
    const reload: Change = { type: 'postfix-action', action: 'reload', because };
    expect(prunePlan(files, planOf(setParameter('myhostname', 'mx.example.com'), reload)).changes).toEqual(
      [],
    );
    expect(prunePlan(files, planOf(reload)).changes).toEqual([reload]);
    const open = setParameter('relayhost', 'x');
    expect(prunePlan(files, planOf(open, reload)).changes).toEqual([open, reload]);
  });

  it('drops the postmap of a table that is as it should be', () => {
    const put: Change = { type: 'put-file', path: 'transport', content: 'x\n', because };
    const postmap: Change = {
      type: 'postfix-action',
      action: 'postmap',
      table: 'lmdb:/etc/postfix/transport',
      because,
    };
    const open = setParameter('relayhost', 'x');
    const plan = planOf(put, postmap, open);
    expect(prunePlan({ ...files, transport: 'x\n' }, plan).changes).toEqual([open]);
    expect(prunePlan(files, plan).changes).toEqual([put, postmap, open]);
  });

  it('knows packages and kernel settings where it is told of them', () => {
    const plan = planOf(
      { type: 'install-package', name: { debian: 'postfix-pcre' }, because },
      { type: 'set-sysctl', key: 'net.ipv4.ip_local_port_range', value: '1024 65000', because },
    );
    expect(prunePlan(files, plan).changes).toHaveLength(2);
    const state = { packages: ['postfix-pcre'], sysctl: { 'net.ipv4.ip_local_port_range': '1024\t65000' } };
    expect(prunePlan(files, plan, state).changes).toEqual([]);
  });

  it('keeps a change that does not fit, so that applying reports it', () => {
    const plan = planOf({
      type: 'set-service-option',
      name: 'nobody',
      serviceType: 'unix',
      option: 'x',
      value: 'y',
      because,
    });
    expect(prunePlan(files, plan)).toEqual(plan);
  });
});

function isConsistent(changes: readonly Change[]): boolean {
  const about = changes.map((change) => {
    if (change.type === 'put-service') return `service ${change.service.name}/${change.service.type}`;
    if (change.type === 'remove-service' || change.type === 'set-service-option')
      return `service ${change.name}/${change.serviceType}`;
    if (change.type === 'put-file' || change.type === 'remove-file') return `file ${change.path}`;
    return change.type === 'install-package'
      ? ''
      : `parameter ${'name' in change ? change.name : change.type}`;
  });
  return new Set(about).size === about.length;
}

function catchError(run: () => unknown): PlanError {
  try {
    run();
  } catch (error) {
    if (error instanceof PlanError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
