import { audit, harden, reportAudit } from '@postern/hardening';
import { proveRelay, simulate } from '@postern/simulator';
import { expect, it } from 'vitest';
import { plainHost } from './hosts.ts';

/** Twice as much in every class as in the one before: sixty lines that nobody would see the end of. */
function doubling(depth: number, last: string): string {
  const names = Array.from({ length: depth }, (_, index) => `c${index}`);
  return [
    `smtpd_restriction_classes = ${names.join(' ')}`,
    ...names.map((name, index) => `${name} = ${`${names[index + 1] ?? last} `.repeat(2)}`),
    'smtpd_recipient_restrictions = c0 c0, reject_unauth_destination',
    '',
  ].join('\n');
}

function doublingParameters(depth: number): string {
  const lines = Array.from({ length: depth }, (_, index) => `p${index} = $p${index + 1} $p${index + 1}`);
  return [...lines, `p${depth} =`, 'smtpd_recipient_restrictions = $p0, reject_unauth_destination', ''].join(
    '\n',
  );
}

const circle = `smtpd_restriction_classes = own x
own = x own x own x own
x = own x own x own x
smtpd_recipient_restrictions = own own own, reject_unauth_destination
`;

it.each([
  ['classes that lead back to each other', circle],
  ['classes that double sixty times', doubling(60, 'reject_non_fqdn_sender')],
  ['parameters that double sixty times', doublingParameters(60)],
])('comes to an end with %s', async (_, main) => {
  const host = { ...plainHost, main: `compatibility_level = 3.6\nmydestination = example.no\n${main}` };
  const findings = audit(host);
  expect(findings.every(({ message }) => message !== '')).toBe(true);
  const plan = harden(host, { profile: 'internet-mx' });
  expect(plan.obstacles.length + plan.changes.length).toBeGreaterThan(0);
  expect(proveRelay(host)).toBeDefined();
  const { reply } = await simulate(host, {
    client: { address: '198.51.100.7', name: 'mx.example.org' },
    helo: 'mx.example.org',
    from: 'a@example.org',
    to: ['x@example.com'],
  });
  expect(reply.code).toBeGreaterThanOrEqual(400);
  expect(reportAudit(host, { findings })).toBeDefined();
});
