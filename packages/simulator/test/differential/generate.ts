import { restriction, restrictionNames } from '@postern/config';
import type { Tls, Transaction } from '@postern/simulator';
import type { Random } from './random.ts';
import { clients, helos, recipients, senders, users } from './surroundings.ts';

/** One configuration of a service: its `-o` overrides. */
export type Overrides = Readonly<Record<string, string>>;

/** One start of Postfix: what all services share, and what each has of its own. */
export interface Batch {
  readonly main: string;
  readonly master: string;
  readonly files: Readonly<Record<string, string>>;
  /** The tables that postmap(1) has to build. */
  readonly tables: readonly string[];
  readonly services: readonly { readonly port: number; readonly overrides: Overrides }[];
}

/** A connection of one client, and what it sends one after the other. */
export interface Session {
  readonly transactions: readonly Transaction[];
  /** Who the client is comes by XCLIENT, else from where it connects. */
  readonly byXclient: boolean;
}

const policySocket = 'unix:private/policy';
const lists = ['client', 'helo', 'sender', 'relay', 'recipient', 'data', 'end_of_data', 'etrn'] as const;
const version = '3.7.11';

/** Every restriction of the version that distributions build, but the one that only waits. */
export const names: readonly string[] = restrictionNames(version).filter(
  (name) => restriction(name)?.build === undefined && restriction(name, version) !== undefined,
);

const keys = [
  ...clients.flatMap(({ address, name = '', reverseName = '' }) => [address, name, reverseName]),
  ...helos,
  ...senders,
  ...recipients,
  'good.test',
  '.good.test',
  'test',
  'bad.test',
  'here.test',
  'relay.test',
  'mx.good.test',
  'ns.net.test',
  '192.0.2',
  '192.0',
  '203.0.113',
  '2001:db8',
  '198.51.100.20',
  '198.51.100',
  'kari@',
  'a@',
  'x@',
  '<>',
  'unknown',
].filter((key) => key !== '' && !/[\s()]/.test(key));

const actions = [
  'OK',
  'OK',
  'DUNNO',
  'DUNNO',
  'REJECT',
  'REJECT not today',
  'REJECT 5.1.1 no such thing',
  ...['1', '2', '3', '4', '5', '6', '7', '8', '9'].map((detail) => `554 5.1.${detail} about addresses`),
  '550 5.7.1 go away',
  '450 try later',
  '521 5.3.2 closed',
  '999 odd',
  '12345',
  'DEFER',
  'DEFER 4.1.8 not now',
  'DEFER_IF_PERMIT',
  'DEFER_IF_PERMIT 4.2.1 maybe',
  'DEFER_IF_REJECT',
  'DEFER_IF_REJECT perhaps',
  'WARN look',
  'INFO look',
  'HOLD',
  'DISCARD',
  'PREPEND X-Seen: yes',
  'FILTER smtp:[127.0.0.1]:9',
  'REDIRECT kari@here.test',
  'RELAY',
  'reject_unauth_destination',
  'reject_non_fqdn_sender, permit',
  'strict',
  'permit_mynetworks reject',
  'nosuchrestriction',
];

export function generateBatch(
  random: Random,
  firstPort: number,
  services: number,
  certificates: readonly Tls[],
): Batch {
  const prints = certificates.map(({ certificate }) => [
    certificate!.fingerprint!,
    certificate!.publicKeyFingerprint!,
  ]);
  const files: Record<string, string> = {
    '/etc/postfix/virtual': 'list@alias.test kari@here.test\n@wild.test kari\n',
    '/etc/postfix/boxes': 'boss@box.test x\n',
    '/etc/postfix/partners': 'partner@relay.test x\n@sub.relay.test x\n',
    '/etc/postfix/logins': 'a@good.test kari,ola\nkari@here.test kari\n@bad.test nobody\n',
    '/etc/postfix/transport': 'error.test error:5.7.0 nobody here\n.bad.test retry:later\n',
    '/etc/postfix/relocated': 'moved@here.test elsewhere@good.test\n',
    '/etc/postfix/replies':
      'bl.test $rbl_code 5.7.1 $rbl_class $rbl_what by $rbl_domain: ${rbl_reason?{why: $rbl_reason}:{no reason}} $client_name <$sender_domain>\n',
    '/etc/postfix/aliases': 'root: kari\n',
    // The first by its certificate, the second by its key.
    '/etc/postfix/clientcerts': `${prints[0]![0]} partner\n${prints[1]![1]} stranger\n`,
    '/etc/postfix/firstcert': `${prints[0]![random.below(2)]} partner\n`,
  };
  const access = Array.from({ length: 18 }, (_, index) => accessTable(random, index, files));
  for (const name of ['check_ccert_access', 'check_sasl_access']) {
    const subjects = name === 'check_ccert_access' ? prints.flat() : users;
    for (const index of [0, 1, 2]) {
      const path = `/etc/postfix/${name}-${index}`;
      const rows = subjects.filter(() => random.chance(0.7)).map((key) => `${key} ${random.pick(actions)}\n`);
      files[path] = rows.join('');
    }
  }
  const own = Array.from({ length: services }, (_, index) => ({
    port: firstPort + index,
    overrides: overrides(random, access),
  }));
  const tables = access.filter((name) => /^(?:hash|lmdb):/.test(name));
  return { main: mainText(random), master: masterText(own), files, tables, services: own };
}

/** A table with random entries; its file, where it has one, goes to the files. */
function accessTable(random: Random, index: number, files: Record<string, string>): string {
  const path = `/etc/postfix/access-${index}`;
  const rows = (make: () => string): string => Array.from({ length: 4 + random.below(10) }, make).join('');
  const action = (): string => random.pick(actions);
  const kind = random.pick([
    'texthash',
    'texthash',
    'hash',
    'lmdb',
    'cidr',
    'regexp',
    'pcre',
    'inline',
    'static',
    'union',
    'pipe',
    'missing',
  ]);
  switch (kind) {
    case 'cidr':
      files[path] = rows(
        () =>
          `${random.chance(0.1) ? '!' : ''}${random.pick(['192.0.2.0/24', '192.0.2.8/31', '203.0.113.0/24', '2001:db8::/32', '10.0.0.0/8', '198.51.100.20', '0.0.0.0/0', '::/0'])} ${action()}\n`,
      );
      return `cidr:${path}`;
    case 'regexp':
    case 'pcre':
      files[path] = rows(
        () =>
          `${random.chance(0.1) ? '!' : ''}/${random.pick(['^a', 'good\\.test$', '^<>$', 'bad', '^192\\.0\\.2\\.', '(.*)@here', 'UPPER', '^unknown$', 'test$'])}/${random.chance(0.2) ? 'i' : ''} ${action()}\n`,
      );
      return `${kind}:${path}`;
    case 'inline':
      return `inline:{ ${random
        .some(
          keys.filter((key) => !key.includes('=')),
          1,
          4,
        )
        .map((key) => `{ ${key} = ${random.pick(['OK', 'REJECT', 'DUNNO', '450 4.7.1 inline'])} }`)
        .join(', ')} }`;
    case 'static':
      return `static:${random.pick(['OK', 'DUNNO', 'REJECT', '{450 4.2.0 static}'])}`;
    case 'union':
      files[path] = rows(() => `${random.pick(keys)} ${random.pick(['DUNNO', 'REJECT', 'OK'])}\n`);
      return `unionmap:{texthash:${path}}`;
    case 'pipe':
      files[path] = rows(() => `${random.pick(keys)} step\n`);
      return `pipemap:{texthash:${path}, inline:{step=${random.pick(['REJECT', 'OK', 'DUNNO'])}}}`;
    case 'missing':
      return random.chance(0.4) ? 'texthash:/etc/postfix/not-there' : 'fail:always';
    default:
      files[path] = rows(() => `${random.pick(keys)} ${action()}\n`);
      return `${kind}:${path}`;
  }
}

const listNames = [
  'bl.test',
  'bl.test=127.0.0.2',
  'bl.test=127.0.0.[3..10]',
  'wl.test',
  'dbl.test',
  'dbl.test=127.0.1.[2;4]',
  'any.down.test',
  'none.test',
];

function restrictionText(random: Random, access: readonly string[]): string {
  const name = random.pick(names);
  const argument = restriction(name)?.argument;
  switch (argument) {
    case 'table':
      if (['check_ccert_access', 'check_sasl_access'].includes(name) && random.chance(0.8))
        return `${name} texthash:/etc/postfix/${name}-${random.below(3)}`;
      return `${name} ${random.pick(access)}`;
    case 'list-domain':
      return `${name} ${random.pick(listNames)}`;
    case 'policy-server':
      return `${name} ${policySocket}`;
    case 'seconds':
      return `${name} 0`;
    default:
      // What ends a list at once would leave most of the others unmet.
      if (['permit', 'reject', 'defer'].includes(name) && random.chance(0.6))
        return restrictionText(random, access);
      return name === 'warn_if_reject' ? `${name} ${restrictionText(random, access)}` : name;
  }
}

function listText(
  random: Random,
  access: readonly string[],
  most: number,
  classes = ['strict', 'nested', 'deeper'],
): string {
  return Array.from({ length: random.below(most + 1) }, () =>
    classes.length > 0 && random.chance(0.04)
      ? random.pick(classes)
      : random.chance(0.02)
        ? random.pick(access)
        : restrictionText(random, access),
  ).join(', ');
}

const withoutUnlistedSender = (text: string): string =>
  text.replaceAll('reject_unlisted_sender', 'reject_non_fqdn_sender');

const flag = (random: Random): string => random.pick(['yes', 'no']);

function overrides(random: Random, access: readonly string[]): Overrides {
  const found: Record<string, string> = {};
  const busy = random.pick(lists);
  for (const list of lists) {
    const most = list === busy ? 10 : random.chance(0.3) ? 3 : 0;
    const text = listText(random, access, most);
    // Before the sender list smtpd's answer hangs on what an earlier session has left behind.
    const early = ['client', 'helo', 'etrn'].includes(list);
    found[`smtpd_${list}_restrictions`] = early ? withoutUnlistedSender(text) : text;
  }
  const end = random.pick([
    'reject_unauth_destination',
    'defer_unauth_destination',
    'reject',
    'defer',
    'defer_if_permit',
    'reject_unauth_destination',
  ]);
  const closing = random.pick(['relay', 'recipient']);
  const key = `smtpd_${closing}_restrictions`;
  // smtpd does not start without one of these in front of a permit; a few are left to that.
  const open = random.chance(0.98)
    ? (found[key] ?? '').replaceAll(/(?<!\w)permit(?!\w)(?:, )?/g, '').replace(/, $/, '')
    : found[key];
  found[key] = [open, end].filter(Boolean).join(', ');
  found['strict'] = withoutUnlistedSender(listText(random, access, 3, [])) || 'reject_non_fqdn_recipient';
  found['nested'] =
    `${random.pick(['strict', 'permit_auth_destination'])}, ${withoutUnlistedSender(restrictionText(random, access))}`;
  found['deeper'] = random.pick(['nested', 'warn_if_reject nested, strict', 'nested, permit_mynetworks']);
  const maybe = (share: number, name: string, make: () => string): void => {
    if (random.chance(share)) found[name] = make();
  };
  maybe(0.1, 'smtpd_delay_reject', () => 'no');
  maybe(0.1, 'soft_bounce', () => 'yes');
  maybe(0.1, 'smtpd_helo_required', () => 'yes');
  maybe(0.1, 'disable_vrfy_command', () => flag(random));
  maybe(0.3, 'smtpd_reject_unlisted_sender', () => 'yes');
  maybe(0.3, 'smtpd_reject_unlisted_recipient', () => 'no');
  maybe(0.3, 'smtpd_relay_before_recipient_restrictions', () => flag(random));
  maybe(0.3, 'recipient_delimiter', () => random.pick(['+', '', '-+']));
  maybe(0.3, 'parent_domain_matches_subdomains', () => random.pick(['', 'smtpd_access_maps', 'mynetworks']));
  maybe(0.3, 'mynetworks', () =>
    random.pick(['10.0.0.0/8', '127.0.0.0/8 [2001:db8::]/32', '!10.1.2.3 10.0.0.0/8', 'good.test 192.0.2.8']),
  );
  maybe(0.2, 'unknown_client_reject_code', () => '550');
  maybe(0.2, 'unknown_address_reject_code', () => '550');
  maybe(0.2, 'unknown_hostname_reject_code', () => '554');
  maybe(0.2, 'reject_code', () => '552');
  maybe(0.1, 'access_map_reject_code', () => '559');
  maybe(0.1, 'defer_code', () => '421');
  maybe(0.2, 'unknown_address_tempfail_action', () => 'defer');
  maybe(0.2, 'unknown_helo_hostname_tempfail_action', () => 'defer');
  maybe(0.2, 'show_user_unknown_table_name', () => 'no');
  maybe(0.1, 'allow_untrusted_routing', () => 'yes');
  maybe(0.2, 'permit_mx_backup_networks', () => random.pick(['198.51.100.0/24', '203.0.113.0/24']));
  maybe(0.3, 'rbl_reply_maps', () => 'texthash:/etc/postfix/replies');
  maybe(0.2, 'maps_rbl_domains', () => 'none.test, bl.test');
  maybe(0.2, 'unverified_recipient_reject_code', () => '550');
  maybe(0.1, 'unverified_sender_reject_reason', () => 'no reply from there');
  maybe(0.3, 'message_size_limit', () => '5000');
  maybe(0.2, 'fast_flush_domains', () => 'good.test, relay.test');
  maybe(0.1, 'smtpd_recipient_limit', () => '1');
  maybe(0.15, 'smtpd_tls_security_level', () => random.pick(['encrypt', 'none']));
  maybe(0.1, 'smtpd_tls_auth_only', () => 'yes');
  maybe(0.1, 'smtpd_sasl_auth_enable', () => 'no');
  maybe(0.1, 'smtpd_sasl_exceptions_networks', () => '192.0.2.0/28');
  maybe(0.1, 'relay_clientcerts', () => random.pick(['', 'texthash:/etc/postfix/firstcert']));
  return found;
}

function mainText(random: Random): string {
  return `compatibility_level = 3.6
myhostname = mail.lab.test
mydomain = lab.test
myorigin = ${random.pick(['here.test', '$myhostname'])}
mydestination = here.test, localhost, $myhostname
mynetworks = 127.0.0.0/8, 10.0.0.0/8
inet_interfaces = 127.0.0.1, [::1], 203.0.113.25
inet_protocols = all
alias_maps = texthash:/etc/postfix/aliases
alias_database =
virtual_alias_domains = alias.test
virtual_alias_maps = texthash:/etc/postfix/virtual
virtual_mailbox_domains = box.test
virtual_mailbox_maps = texthash:/etc/postfix/boxes
relay_domains = relay.test
fast_flush_domains = relay.test, good.test
relay_recipient_maps = ${random.pick(['texthash:/etc/postfix/partners', ''])}
transport_maps = ${random.pick(['texthash:/etc/postfix/transport', ''])}
relocated_maps = texthash:/etc/postfix/relocated
smtpd_sender_login_maps = texthash:/etc/postfix/logins
append_dot_mydomain = ${flag(random)}
swap_bangpath = ${flag(random)}
allow_percent_hack = ${flag(random)}
recipient_delimiter = +
smtpd_restriction_classes = strict, nested, deeper
strict = reject_non_fqdn_recipient
nested = strict
deeper = nested
smtpd_sasl_auth_enable = yes
smtpd_tls_security_level = may
smtpd_tls_chain_files = /etc/ssl/lab-key.pem /etc/ssl/lab-cert.pem
smtpd_tls_ask_ccert = yes
smtpd_tls_CAfile = /etc/ssl/lab-clients.pem
relay_clientcerts = texthash:/etc/postfix/clientcerts
address_verify_service_name = vfake
address_verify_poll_count = 1
local_transport = discard:
default_transport = discard:
relay_transport = discard:
virtual_transport = discard:
smtpd_authorized_xclient_hosts = 127.0.0.1
smtpd_error_sleep_time = 0
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_hard_error_limit = 100
smtpd_log_access_permit_actions =
in_flow_delay = 0
maillog_file =
`;
}

function masterText(services: Batch['services']): string {
  const listeners = services.map(
    ({ port, overrides: own }) =>
      `${port} inet n - n - - smtpd -v\n  -o syslog_name=s${port}\n${Object.entries(own)
        .map(([name, value]) => `  -o { ${name} = ${value} }\n`)
        .join('')}`,
  );
  return `${listeners.join('')}cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
discard   unix  - - n - - discard
error     unix  - - n - - error
retry     unix  - - n - - error
`;
}

export function generateSession(
  random: Random,
  { port, overrides: own }: Batch['services'][number],
  certificates: readonly Tls[],
  transactions: number,
): Session {
  // The client list runs before XCLIENT where it is not delayed, and XCLIENT does not change whose address
  // permit_inet_interfaces looks at: such clients come from their own addresses.
  const byXclient =
    own['smtpd_delay_reject'] !== 'no' && !Object.values(own).join(' ').includes('permit_inet_interfaces');
  const base: Transaction = {
    service: String(port),
    client: random.pick(clients),
    ...(random.chance(0.95) && { helo: random.pick(helos) }),
    ehlo: random.chance(0.7),
    ...(random.chance(0.3) && { tls: random.chance(0.25) ? true : random.pick(certificates) }),
    ...(random.chance(0.25) && { user: random.pick(users) }),
  };
  return {
    byXclient,
    transactions: Array.from({ length: transactions }, (_, index) => ({
      ...base,
      ...generateEnvelope(random, index === 0),
    })),
  };
}

/** ETRN and VRFY see what the transactions before them in the session left behind: they stand first. */
function generateEnvelope(random: Random, isFirst: boolean): Omit<Transaction, 'client'> {
  if (isFirst && random.chance(0.25))
    return { etrn: random.pick(['good.test', 'sub.relay.test', 'bad.test', 'not..one']) };
  if (isFirst && random.chance(0.2)) return { vrfy: random.pick(recipients) };
  return {
    from: random.pick(senders),
    to: random.some(recipients, 1, random.chance(0.15) ? 3 : 1),
    data: random.chance(0.35),
    ...(random.chance(0.2) && { size: random.pick([100, 4000, 6000, 20_000_000]) }),
  };
}
