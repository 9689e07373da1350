import type { Configuration, Transaction } from '@postern/simulator';
import type { Random } from '../differential/random.ts';

/** Clients on all sides of the boundaries that the generator draws. */
const addresses = [
  '198.51.100.9',
  '192.0.2.7',
  '192.0.2.200',
  '203.0.113.66',
  '8.8.8.8',
  '10.1.2.3',
  '100.64.0.1',
  '2001:db8::5',
  '2a00:1450::7',
];
const networks = [
  '192.0.2.0/24',
  '192.0.2.128/25',
  '203.0.113.66',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '128.0.0.0/1',
  '2001:db8::/32',
  '::/0',
];
const values = [
  'OK',
  'OK',
  'DUNNO',
  'REJECT',
  'RELAY',
  'DEFER later',
  'closed',
  'open',
  'permit_mynetworks, reject',
];
const names = ['mx.example.org', 'example.net', '.example.net', 'unknown', 'net', 'mail.example.com'];
const people = [
  'boss@example.org',
  'example.org',
  'postmaster@',
  '.example.net',
  '<>',
  'info@example.com',
  'net',
];

/** What a generated server has by way of tables, for whoever puts it on a real machine. */
export interface Generated extends Configuration {
  readonly main: string;
  readonly tables: Readonly<Record<string, string>>;
}

/** A mail server with some defect, or none. @param folder  where its tables are */
export function generateConfiguration(random: Random, folder = '/etc/postfix'): Generated {
  const files: Record<string, string> = {};
  const table = (keys: readonly string[]): string => {
    const path = `${folder}/table-${Object.keys(files).length}`;
    const kind = random.pick(['texthash', 'texthash', 'cidr', 'regexp', 'static', 'inline', 'mysql']);
    if (kind === 'static') return `static:${random.pick(['OK', 'DUNNO', 'REJECT'])}`;
    if (kind === 'inline') return `inline:{ { ${random.pick(keys)} = ${random.pick(['OK', 'REJECT'])} } }`;
    if (kind === 'mysql') return random.chance(0.3) ? 'mysql:/etc/postfix/clients.cf' : 'static:DUNNO';
    const key = (): string =>
      kind === 'cidr'
        ? random.pick(networks)
        : kind === 'regexp'
          ? `/${random.pick(['^a', 'example', '^$'])}/`
          : random.pick(keys);
    const seen = new Map(Array.from({ length: 1 + random.below(3) }, () => [key(), random.pick(values)]));
    files[path] = [...seen].map(([from, to]) => `${from} ${to}\n`).join('');
    return `${kind}:${path}`;
  };
  const v4 = ['192.0.2.7', '192.0.2', '203', '10.1'];
  const restriction = (): string => {
    switch (random.below(14)) {
      case 0:
      case 1:
        return 'permit_mynetworks';
      case 2:
        return `check_client_access ${table([...v4, ...names])}`;
      case 3:
        return `check_sender_access ${table(people)}`;
      case 4:
        return `check_recipient_access ${table(people)}`;
      case 5:
        return `check_helo_access ${table(names)}`;
      case 6:
        return random.pick([
          'permit',
          'permit_inet_interfaces',
          'permit_naked_ip_address',
          'permit_mx_backup',
        ]);
      case 7:
        return `warn_if_reject ${random.pick(['reject_unauth_destination', 'closed', 'reject'])}`;
      case 8:
        return random.pick(['closed', 'open']);
      case 9:
        return random.pick([
          'reject_unknown_sender_domain',
          'reject_non_fqdn_recipient',
          'permit_auth_destination',
        ]);
      default:
        return random.pick([
          'reject_unauth_destination',
          'defer_unauth_destination',
          'reject_unauth_destination',
          'reject',
        ]);
    }
  };
  const list = (most: number): string =>
    Array.from({ length: random.below(most + 1) }, restriction).join(', ');
  const main = `compatibility_level = 3.6
myhostname = mail.example.com
mydestination = example.com${random.chance(0.05) ? ', regexp:{{/./ x}}' : ''}
mynetworks = ${random.pick(['127.0.0.0/8', '127.0.0.0/8 192.0.2.0/25', '127.0.0.0/8 [2001:db8::]/32', '192.0.0.0/3', '!192.0.2.7 192.0.2.0/24', 'net'])}
inet_interfaces = 127.0.0.1, [::1]
alias_maps =
alias_database =
local_recipient_maps =
default_transport = discard:
relay_transport = discard:
local_transport = discard:
smtpd_delay_reject = ${random.chance(0.15) ? 'no' : 'yes'}
smtpd_helo_required = ${random.pick(['yes', 'no'])}
relay_domains = ${random.pick(['', '', 'example.net', 'static:x', 'net'])}
smtpd_restriction_classes = closed, open
closed = ${random.pick(['reject_unauth_destination', 'permit_mynetworks, reject', 'reject_non_fqdn_sender'])}
open = ${random.pick(['permit', 'permit_mynetworks', 'check_sender_access inline:{boss@example.org=OK}'])}
smtpd_client_restrictions = ${random.chance(0.3) ? list(2) : ''}
smtpd_helo_restrictions = ${random.chance(0.3) ? list(2) : ''}
smtpd_sender_restrictions = ${random.chance(0.3) ? list(2) : ''}
smtpd_relay_restrictions = ${list(4)}
smtpd_recipient_restrictions = ${list(3)}${random.chance(0.7) ? ', reject_unauth_destination' : ''}
`;
  return { main, version: '3.7.11', files: (path) => files[path], tables: files };
}

/** A stranger who tries everything that the tables above know. */
export function generateAttempt(random: Random): Transaction {
  const name = random.pick(['unknown', 'mx.example.org', 'a.example.net', 'x.net', 'host.stranger.example']);
  return {
    client: { address: random.pick(addresses), name, ...(name === 'unknown' && { nameStatus: 'permanent' }) },
    ...(random.chance(0.8) && {
      helo: random.pick([...names.filter((each) => /^[a-z]/.test(each)), '192.0.2.7', 'a']),
    }),
    ehlo: random.chance(0.5),
    tls: random.chance(0.2),
    from: random.pick([
      '',
      'boss@example.org',
      'a@example.org',
      'x@sub.example.net',
      'x@y.net',
      'postmaster@foo.example',
      'info@example.com',
    ]),
    to: [
      random.pick([
        'victim@foreign.example',
        'postmaster@foreign.example',
        'v@x.net',
        'a@foreign.org',
        'user%foreign.example@example.com',
      ]),
    ],
  };
}
