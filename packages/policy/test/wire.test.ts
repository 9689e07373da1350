import { describe, expect, it } from 'vitest';
import { applyPlan } from '@postern/plan';
import { planPolicyService, type PolicyWiring } from '../src/index.ts';

const master = 'smtp      inet  n       -       n       -       -       smtpd\n';

function wire(main: string, wiring: PolicyWiring, version = '3.7.11', before = master) {
  const plan = planPolicyService({ main, master: before, version }, wiring, 'test');
  return { plan, files: applyPlan({ 'main.cf': main, 'master.cf': before }, plan) };
}

describe('wiring the policy server', () => {
  const resident: PolicyWiring = { type: 'resident', service: 'unix:private/policy' };

  it('asks it right after relay control', () => {
    const { files } = wire(
      'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, reject_rbl_client a.example\n',
      resident,
    );
    expect(files['main.cf']).toContain(
      'reject_unauth_destination, check_policy_service { unix:private/policy, default_action=DUNNO }, reject_rbl_client a.example',
    );
  });

  it('writes no braces for a Postfix that does not know them', () => {
    const { files } = wire('smtpd_recipient_restrictions = reject_unauth_destination\n', resident, '2.11.0');
    expect(files['main.cf']).toContain('check_policy_service unix:private/policy\n');
  });

  it('lets own clients pass where there was no list at all', () => {
    const { files } = wire('smtpd_recipient_restrictions =\n', resident);
    expect(files['main.cf']).toContain(
      '= permit_mynetworks, permit_sasl_authenticated, check_policy_service { unix:private/policy, default_action=DUNNO }\n',
    );
  });

  it('looks through names to find relay control', () => {
    const { files } = wire(
      'mine = permit_mynetworks, reject_unauth_destination\nsmtpd_recipient_restrictions = $mine, reject_rbl_client a.example\n',
      resident,
    );
    expect(files['main.cf']).toContain(
      'smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination, check_policy_service { unix:private/policy, default_action=DUNNO }, reject_rbl_client a.example',
    );
  });

  it('reaches the smtpd on port 25 that goes by a list of its own, and no submission', () => {
    const own = '  -o smtpd_recipient_restrictions=reject_unauth_destination,reject_unlisted_recipient\n';
    const before = `${master}${own}submission inet n - n - - smtpd\n${own}`;
    const { files, plan } = wire('smtpd_recipient_restrictions = reject\n', resident, '3.7.11', before);
    expect(plan.changes.map(({ type }) => type)).toEqual(['set-service-option', 'postfix-action']);
    expect(files['main.cf']).toBe('smtpd_recipient_restrictions = reject\n');
    expect(files['master.cf']?.match(/check_policy_service/g)).toHaveLength(1);
    expect(files['master.cf']).toMatch(
      /^smtp .*\n.*reject_unauth_destination, check_policy_service \{ unix:private\/policy, default_action=DUNNO \}, reject_unlisted_recipient/m,
    );
    expect(wire(files['main.cf']!, resident, '3.7.11', files['master.cf']).plan.changes).toEqual([]);
  });

  it('reaches the smtpd behind postscreen', () => {
    const before =
      'smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd\n  -o { smtpd_recipient_restrictions = reject_unauth_destination }\n';
    const { files } = wire('', resident, '3.7.11', before);
    expect(files['master.cf']).toContain(
      'reject_unauth_destination, check_policy_service { unix:private/policy',
    );
  });

  it('brings a spawned one its master.cf entry without a process limit, and its time limit', () => {
    const { files } = wire('myhostname = mx\n', {
      type: 'spawn',
      name: 'policy',
      argv: '/usr/bin/postern policy serve --listen stdio --config /etc/postern/policy.yaml',
      user: 'policyd',
    });
    expect(files['main.cf']).toContain('policy_time_limit = 3600s');
    expect(files['master.cf']).toMatch(/^policy +unix +- +n +n +- +0 +spawn/m);
    expect(files['master.cf']).toContain('user=policyd');
  });

  it.each([resident, { type: 'spawn', name: 'policy', argv: '/usr/bin/x', user: 'nobody' } as const])(
    'has nothing to do the second time: %j',
    (wiring) => {
      const { files } = wire('myhostname = mx\n', wiring);
      expect(wire(files['main.cf']!, wiring, '3.7.11', files['master.cf']).plan.changes).toEqual([]);
    },
  );
});
