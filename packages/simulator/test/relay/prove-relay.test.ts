import { describe, expect, it } from 'vitest';
import { proveRelay, simulate, type Configuration } from '@postern/simulator';

const base = `compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com
alias_maps =
mynetworks = 127.0.0.0/8 192.0.2.0/24
`;
const configuration = (main: string, files: Record<string, string> = {}): Configuration => ({
  main: base + main,
  version: '3.7.11',
  files: (path) => files[path],
});

describe('proveRelay', () => {
  it('certifies the default, and says which line closes it for whom', () => {
    const proof = proveRelay(configuration(''));
    expect(proof).toMatchObject({ trusted: ['mynetworks 127.0.0.0/8', 'mynetworks 192.0.2.0/24'] });
    const closed = 'closed' in proof ? proof.closed : [];
    expect(new Set(closed.map(({ view }) => view))).toEqual(
      new Set(['internet', 'IPv6 internet', 'container gateway']),
    );
    expect(new Set(closed.map(({ by }) => by.restriction))).toEqual(new Set(['defer_unauth_destination']));
  });

  it.each([
    [
      'a table that permits everybody',
      'smtpd_relay_restrictions = check_client_access static:OK, reject\n',
      {},
    ],
    ['a network that is the internet', 'mynetworks = 0.0.0.0/0\n', {}],
    ['a container gateway in mynetworks', 'mynetworks = 127.0.0.0/8 172.16.0.0/12\n', {}],
    ['IPv6 that was forgotten', 'mynetworks = 127.0.0.0/8 [::]/0\n', {}],
    [
      'a sender that anybody may claim',
      'smtpd_relay_restrictions = check_sender_access texthash:/s, reject_unauth_destination\n',
      { '/s': 'boss@example.com OK\n' },
    ],
    [
      'a recipient name that is anywhere',
      'smtpd_relay_restrictions = check_recipient_access texthash:/r, reject_unauth_destination\n',
      { '/r': 'postmaster@ OK\n' },
    ],
    [
      'a refusal that only warns',
      'smtpd_relay_restrictions = warn_if_reject reject_unauth_destination, permit_auth_destination\nsmtpd_recipient_restrictions = check_helo_access static:RELAY, reject\n',
      {},
    ],
    [
      'an address given with HELO',
      'smtpd_relay_restrictions = permit_naked_ip_address, reject_unauth_destination\n',
      {},
    ],
  ])('shows %s', (_, main, files) => {
    const config = configuration(main, files);
    const proof = proveRelay(config);
    if (!('open' in proof)) throw new Error(`not shown: ${JSON.stringify(proof)}`);
    expect(proof.verdict.outcome).toBe('accept');
    expect(simulate(config, proof.open, { users: [] })).toMatchObject({ outcome: 'accept' });
  });

  it('does not know what a policy server or an unread table may permit', () => {
    const proof = proveRelay(
      configuration(
        'smtpd_relay_restrictions = check_client_access mysql:/etc/postfix/c.cf, reject_unauth_destination\nsmtpd_recipient_restrictions =\n',
      ),
    );
    expect(proof).toMatchObject({ unknown: [{ because: 'mysql:/etc/postfix/c.cf may permit' }] });
  });

  it('is content with one list that closes, whatever another permits', () => {
    const proof = proveRelay(
      configuration('smtpd_recipient_restrictions = check_policy_service inet:127.0.0.1:1, permit\n'),
    );
    expect(proof).toHaveProperty('closed');
  });

  it.each([
    ['lists that nothing closes', 'smtpd_relay_restrictions = permit\nsmtpd_recipient_restrictions =\n', 6],
    ['a line that is no parameter', 'lorem ipsum\n', 6],
  ])('gives no certificate to an smtpd that does not start: %s', (_, main, line) => {
    const proof = proveRelay(configuration(main));
    expect(proof).toEqual({
      unknown: [
        expect.objectContaining({
          because: expect.stringMatching(/^smtpd does not start \(.+\): mend that, then ask again$/),
          by: expect.objectContaining({ file: 'main.cf', line }),
        }),
      ],
    });
  });

  it.each(['', 'lorem ipsum', '\0\u0001\u00FF'])('gives none to a main.cf that is none: %j', (main) => {
    expect(proveRelay({ main, version: '3.7.11' })).toHaveProperty('unknown');
  });

  it('finds the domains of others also where permit_auth_destination lets them in before a reject', () => {
    const main = 'relay_domains = net\nsmtpd_relay_restrictions = permit_auth_destination, reject\n';
    expect(proveRelay(configuration(`${main}smtpd_recipient_restrictions =\n`))).toMatchObject({
      open: { to: ['victim@x.net'] },
    });
  });

  const behind = (options: string): string =>
    `smtp inet n - y - 1 postscreen\n  -o smtpd_relay_restrictions=reject\nsmtpd pass - - y - - smtpd\n${options}`;

  it('looks at the smtpd behind postscreen, not at what stands on the line of postscreen', () => {
    const open = '  -o { smtpd_relay_restrictions = check_sender_access static:OK, reject }\n';
    const main =
      'compatibility_level = 3.6\nmydestination = example.com\npostscreen_pipelining_enable = yes\n';
    const version = '3.7.11';
    expect(proveRelay({ main, version, master: behind(open) })).toMatchObject({ open: { service: 'smtp' } });
    expect(
      proveRelay({ main, version, master: behind('  -o smtpd_relay_restrictions=reject\n') }),
    ).toMatchObject({
      closed: [{ by: { restriction: 'reject', file: 'master.cf', line: 4 } }, {}, {}],
    });
  });
});
