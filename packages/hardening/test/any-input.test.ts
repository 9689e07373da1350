import { audit, harden } from '@postern/hardening';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { hardened, plainHost, type TextHost } from './hosts.ts';

// A busy machine takes several times as long as an idle one.
vi.setConfig({ testTimeout: 240_000 });

const runs = Number(process.env['POSTERN_HARDENING_RUNS'] ?? 150);
/** In ms; also of the search for the smallest input that fails, which has no other end. */
const longest = 150_000;

const versions = fc.constantFrom('2.7.0', '2.10.3', '3.0.0', '3.5.23', '3.7.11', '3.9.4', '3.11.6');

/** Pieces that rules and measures look at, in orders that nobody would think of. */
const words = fc.constantFrom(
  ...'permit reject permit_mynetworks permit_sasl_authenticated reject_unauth_destination warn_if_reject'.split(
    ' ',
  ),
  ...'defer_unauth_destination reject_rbl_client zen.spamhaus.org zen.spamhaus.org*3 dnsbl.sorbs.net'.split(
    ' ',
  ),
  ...'check_policy_service unix:private/policy-spf { } {a,b} $x ${x} ${x?{permit}:{reject}} $ ,'.split(' '),
  ...'check_sender_access hash:/etc/postfix/a own reject_unauth_pipelining 0.0.0.0/0 10.0.0.0/8 ! ='.split(
    ' ',
  ),
  ...'yes no encrypt may 3600s 0 !SSLv2 >=TLSv1 $mydestination * \u00a0 #'.split(' '),
);
const names = fc.constantFrom(
  ...'client helo sender relay recipient data'.split(' ').map((stage) => `smtpd_${stage}_restrictions`),
  ...'x own smtpd_restriction_classes mynetworks relay_domains compatibility_level smtpd_use_tls'.split(' '),
  ...'smtpd_tls_security_level smtpd_tls_protocols smtpd_sasl_auth_enable smtpd_tls_cert_file'.split(' '),
  ...'postscreen_dnsbl_sites smtpd_delay_reject message_size_limit soft_bounce smtp_use_tls'.split(' '),
);
const setting = fc
  .tuple(names, fc.array(words, { maxLength: 9 }), fc.constantFrom(' ', ', ', '\n    ', ',\n# why\n  '))
  .map(([name, list, between]) => `${name} = ${list.join(between)}\n`);
const service = fc.constantFrom(
  'submission inet n - y - - smtpd\n',
  'smtp inet n - - - - postscreen\nsmtpd pass - - - - - smtpd\n',
  'policy-spf unix - n n - - spawn\n  user=nobody argv=/usr/bin/policyd-spf\n',
  'smtp inet n - y - - smtpd\n  -o smtpd_recipient_restrictions=$x\n  -o smtpd_sasl_auth_enable=yes\n',
  '127.0.0.1:10025 inet n - n - - smtpd\n  -o mynetworks=127.0.0.0/8\n',
);

const hosts: fc.Arbitrary<TextHost> = fc.record({
  main: fc.array(setting, { maxLength: 12 }).map((lines) => lines.join('')),
  master: fc.array(service, { maxLength: 4 }).map((lines) => plainHost.master + lines.join('')),
  version: versions,
});

describe('whatever stands in the files', () => {
  it('is audited without a crash', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        versions,
        (main, master, version) => {
          for (const { at } of audit({ main, master, version })) expect(at?.line).toBeGreaterThan(0);
        },
      ),
      { numRuns: runs, plugins: [fc.interruptAfterTimeLimit(longest)] },
    );
  });

  it('is planned for once and for all, or not at all', () => {
    fc.assert(
      fc.property(hosts, (host) => {
        const { changes, obstacles } = harden(host, { profile: 'internet-mx' });
        const again =
          obstacles.length > 0 ? changes : harden(hardened(host), { profile: 'internet-mx' }).changes;
        expect(again).toEqual([]);
      }),
      { numRuns: runs, plugins: [fc.interruptAfterTimeLimit(longest)] },
    );
  });
});
