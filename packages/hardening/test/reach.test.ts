import { audit } from '@postern/hardening';
import { describe, expect, it } from 'vitest';
import { hostWith, plainHost, type TextHost } from './hosts.ts';

const aboutStrangers = [
  'bare-newline-accepted',
  'unauth-pipelining-accepted',
  'vrfy-enabled',
  'banner-shows-software',
  'helo-optional',
] as const;

/** Everything that a stranger could use, on a host that others reach or do not reach. */
const careless = 'smtpd_helo_restrictions = reject_invalid_helo_hostname\n';

function found(host: TextHost): string[] {
  const ours = new Set<string>(aboutStrangers);
  return [...new Set(audit(host).flatMap(({ rule }) => (ours.has(rule) ? [rule] : [])))].toSorted();
}

/** The common host with other addresses in front of port 25. */
function listeningOn(...services: readonly string[]): TextHost {
  const lines = services.map((name) => `${name} inet n - y - - smtpd`);
  const master = plainHost.master.replace(/^smtp +inet .*$/m, lines.join('\n'));
  return { ...hostWith(careless), master };
}

describe('what strangers could do', () => {
  const all = aboutStrangers.toSorted();

  it.each([
    ['port 25 of every address', listeningOn('smtp')],
    ['port 25 of one address', listeningOn('192.0.2.1:25')],
    ['this host and one more address', listeningOn('127.0.0.1:25', '192.0.2.1:smtp')],
    [
      'inet_interfaces with a public address',
      hostWith(`${careless}inet_interfaces = 127.0.0.1, 192.0.2.1\n`),
    ],
    [
      'an address that overrides loopback-only',
      {
        ...listeningOn('192.0.2.1:25'),
        main: `${plainHost.main}${careless}inet_interfaces = loopback-only\n`,
      },
    ],
    ['main.cf alone', { ...hostWith(careless), master: '' }],
  ])('is said where they reach %s', (_where, host) => {
    expect(found(host)).toEqual(all);
  });

  it.each([
    ['inet_interfaces = loopback-only', hostWith(`${careless}inet_interfaces = loopback-only\n`)],
    ['inet_interfaces = localhost', hostWith(`${careless}inet_interfaces = localhost\n`)],
    ['inet_interfaces = $own', hostWith(`${careless}own = 127.0.0.1, ::1\ninet_interfaces = $own\n`)],
    ['127.0.0.1:smtp', listeningOn('127.0.0.1:smtp')],
    ['[127.0.0.1]:25 and [::1]:25', listeningOn('[127.0.0.1]:25', '[::1]:25')],
    ['localhost:smtp', listeningOn('localhost:smtp')],
    ['a port of its own on 127.0.0.1', listeningOn('127.0.0.1:10025')],
    ['no smtpd at all', listeningOn()],
    [
      'main.cf alone that says loopback-only',
      { ...hostWith(`${careless}inet_interfaces = loopback-only\n`), master: '' },
    ],
  ])('is not said where the host talks to itself: %s', (_where, host) => {
    expect(found(host)).toEqual([]);
  });

  it('is not said of smuggling either, on a release without the cure', () => {
    const old = hostWith('', '', '3.4.29');
    const rule = 'smuggling-workaround-missing';
    expect(audit(old).map((each) => each.rule)).toContain(rule);
    const alone = { ...old, main: `${old.main}inet_interfaces = loopback-only\n` };
    expect(audit(alone).map((each) => each.rule)).not.toContain(rule);
  });

  it('is said of a submission port that others reach while port 25 is for this host', () => {
    const host = hostWith('inet_interfaces = all\n');
    const master = plainHost.master.replace(
      /^smtp +inet .*$/m,
      '127.0.0.1:25 inet n - y - - smtpd\n587 inet n - y - - smtpd',
    );
    expect(found({ ...host, master })).toEqual(['bare-newline-accepted']);
  });
});

describe('the oldest TLS where TLS is demanded', () => {
  const about = (main: string, master = ''): string[] =>
    audit(hostWith(main, master)).flatMap(({ rule, message }) =>
      rule === 'old-tls-protocols' && message.includes('mandatory') ? [message.split(' ')[0]!] : [],
    );
  const old = 'smtpd_tls_mandatory_protocols = !SSLv2\nsmtp_tls_mandatory_protocols = !SSLv2\n';

  it('is nobody’s matter where TLS is only offered', () => {
    expect(about(`${old}smtpd_tls_security_level = may\nsmtp_tls_security_level = may\n`)).toEqual([]);
  });

  it.each([
    ['a server', 'smtpd_tls_security_level = encrypt\n', '', 'smtpd_tls_mandatory_protocols'],
    [
      'one service',
      'smtpd_tls_security_level = may\n',
      '587 inet n - y - - smtpd -o smtpd_tls_security_level=encrypt\n',
      'smtpd_tls_mandatory_protocols',
    ],
    ['the client', 'smtp_tls_security_level = dane\n', '', 'smtp_tls_mandatory_protocols'],
    [
      'a table of destinations',
      'smtp_tls_security_level = may\nsmtp_tls_policy_maps = hash:/etc/postfix/tls\n',
      '',
      'smtp_tls_mandatory_protocols',
    ],
    [
      'one transport',
      'smtp_tls_security_level = may\n',
      'partner unix - - y - - smtp -o smtp_tls_security_level=secure\n',
      'smtp_tls_mandatory_protocols',
    ],
  ])('is said where %s demands it', (_who, main, master, name) => {
    expect(about(old + main, master)).toEqual([name]);
  });
});

describe('a setting that nothing reads', () => {
  const main = `${plainHost.main}smtpd_recipient_restriction = reject\nour_own_list = reject\nslow_destination_rate_delay = 1s\n`;
  const unused = (master: string): [string, string][] =>
    audit({ ...plainHost, main, master }).flatMap(({ rule, confidence, at }) =>
      rule === 'unused-parameter' ? [[main.split('\n')[at!.line - 1]!.split(' ')[0]!, confidence]] : [],
    );

  it('is told for sure with master.cf', () => {
    expect(unused(plainHost.master)).toEqual([
      ['smtpd_recipient_restriction', 'certain'],
      ['our_own_list', 'certain'],
      ['slow_destination_rate_delay', 'certain'],
    ]);
  });

  it('is only told of a misspelt name while master.cf is not known, which may read the rest', () => {
    expect(unused('')).toEqual([['smtpd_recipient_restriction', 'likely']]);
  });
});
