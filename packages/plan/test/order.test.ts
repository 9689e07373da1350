import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { applyPlan, orderPlan, type Change } from '@postern/plan';
import { anyChange, because, planArbitrary, planOf, service, setParameter, someFiles } from './examples.ts';
import { meaningOf } from './meaning.ts';

function typesOf(changes: readonly Change[]): string[] {
  return orderPlan(planOf(...changes)).changes.map((change) => {
    if (change.type === 'postfix-action') return change.action;
    return 'name' in change && typeof change.name === 'string'
      ? `${change.type} ${change.name}`
      : change.type;
  });
}

describe('orderPlan', () => {
  it('is a permutation, and ordering twice changes nothing more', () => {
    fc.assert(
      fc.property(planArbitrary(anyChange), (plan) => {
        const ordered = orderPlan(plan);
        expect(new Set(ordered.changes)).toEqual(new Set(plan.changes));
        expect(ordered.changes).toHaveLength(plan.changes.length);
        expect(orderPlan(ordered)).toEqual(ordered);
      }),
    );
  });

  it('does not change what the plan means', () => {
    fc.assert(
      fc.property(someFiles, planArbitrary(anyChange), (files, plan) => {
        expect(meaningOf(applyPlan(files, orderPlan(plan)))).toEqual(meaningOf(applyPlan(files, plan)));
      }),
    );
  });

  it('makes a thing before it is named and takes it away after it is named no more', () => {
    expect(
      typesOf([
        { type: 'postfix-action', action: 'reload', because },
        { type: 'remove-file', path: 'old', because },
        { type: 'remove-service', name: 'old', serviceType: 'unix', because },
        setParameter('smtpd_recipient_restrictions', 'check_policy_service unix:private/policy'),
        { type: 'put-service', service: service('policy'), because },
        { type: 'set-sysctl', key: 'vm.swappiness', value: '1', because },
        { type: 'postfix-action', action: 'postmap', table: 'lmdb:transport', because },
        { type: 'put-file', path: 'transport', content: '', because },
        { type: 'install-package', name: { debian: 'postfix-lmdb' }, because },
      ]),
    ).toEqual([
      'install-package',
      'put-file',
      'postmap',
      'set-sysctl',
      'put-service',
      'set-parameter smtpd_recipient_restrictions',
      'remove-service old',
      'remove-file',
      'reload',
    ]);
  });

  it('sets relay control before anything drops its work, and drops it after something else does it', () => {
    const drops = setParameter(
      'smtpd_recipient_restrictions',
      'permit_mynetworks, reject_unknown_recipient_domain',
    );
    const relay = setParameter('smtpd_relay_restrictions', 'permit_mynetworks, reject_unauth_destination');
    expect(typesOf([drops, relay])).toEqual([
      'set-parameter smtpd_relay_restrictions',
      'set-parameter smtpd_recipient_restrictions',
    ]);
    const takesOver = setParameter(
      'smtpd_recipient_restrictions',
      'permit_mynetworks, reject_unauth_destination',
    );
    for (const off of [
      setParameter('smtpd_relay_restrictions', ''),
      { type: 'remove-parameter', name: 'smtpd_relay_restrictions', because } as const,
    ]) {
      expect(typesOf([off, takesOver])[0]).toBe('set-parameter smtpd_recipient_restrictions');
    }
  });

  it('sets what a service expands before the service', () => {
    const submission = service('submission', {
      type: 'inet',
      options: [{ name: 'smtpd_client_restrictions', value: '$mua_restrictions' }],
    });
    expect(
      typesOf([
        { type: 'put-service', service: submission, because },
        setParameter('mua_restrictions', 'reject'),
      ]),
    ).toEqual(['set-parameter mua_restrictions', 'put-service']);
  });

  it('never swaps two changes to the same thing', () => {
    const removeFirst = [
      { type: 'remove-service', name: 'policy', serviceType: 'unix', because } as const,
      { type: 'put-service', service: service('policy'), because } as const,
    ];
    expect(typesOf(removeFirst)).toEqual(['remove-service policy', 'put-service']);
  });
});
