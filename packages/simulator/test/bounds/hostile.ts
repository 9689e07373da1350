import type { Configuration, Transaction } from '@postern/simulator';

/** A configuration that was made to be slow, and a transaction that meets what is slow in it. */
export interface Hostile {
  readonly main: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly transaction?: Partial<Transaction>;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const list = 'smtpd_recipient_restrictions';
const closed = 'reject_unauth_destination';
const open = 'smtpd_relay_restrictions =\n';

/** Restriction classes c0, c1, … */
function classes(count: number, holds: (index: number) => string): string {
  const names = upTo(count).map((index) => `c${index}`);
  return `smtpd_restriction_classes = ${names.join(' ')}\n${upTo(count)
    .map((index) => `c${index} = ${holds(index)}\n`)
    .join('')}`;
}

/** Each class twice in the one before. */
const doubling = (last: string): string =>
  `${classes(60, (at) => (at < 59 ? `c${at + 1} c${at + 1}` : last))}${list} = c0 c0, ${closed}\n`;

const chain = (count: number, last: string): string =>
  `${classes(count, (at) => (at < count - 1 ? `c${at + 1}` : last))}${list} = c0, ${closed}\n`;

/** Parameters, each of them several times in the one before. */
function parameters(count: number, times: number, last: string): string {
  const lines = upTo(count).map((at) => `p${at} = ${`$p${at + 1} `.repeat(times)}\n`);
  return `${lines.join('')}p${count} = ${last}\n${list} = $p0, ${closed}\n`;
}

const network = (at: number): string => `${11 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}.0/24`;
const nested = (kind: string, inner: string): string =>
  upTo(12).reduce((table) => `${kind}:{${table} ${table}}`, inner);
const asking = (...tables: readonly string[]): string =>
  `${list} = ${tables.map((table) => `check_sender_access ${table}`).join(', ')}, ${closed}\n`;

/** Patterns that an engine which backtracks would not finish with. */
const patterns = [
  '(?=a)(a+)+$',
  '^(?!x)((a|aa)(a|aa))+$',
  '(?:a?){40}a{40}(?!x)z',
  `(?!x)${'a?'.repeat(30)}a{30}b`,
  '(?!x)(?:a|a|a|a){30}b',
  `(?!x)${'(?:a|b|a)'.repeat(30)}z`,
  '(?!q)(.*a)(.*a)(.*a)z',
  String.raw`(a*)\1\1\1b`,
  String.raw`(\w+\s?)*(?=!)`,
];

export const hostile: Readonly<Record<string, Hostile>> = {
  'classes that double': { main: doubling('reject_non_fqdn_sender') },
  'classes that double and act': { main: doubling('check_sender_access static:HOLD') },
  'classes that double and are not known': { main: doubling('check_sender_access ldap:x') },
  'classes of which each names all': {
    main: classes(30, () =>
      upTo(30)
        .map((at) => `c${at}`)
        .join(' '),
    ),
  },
  'classes a thousand deep and more': { main: chain(3000, 'reject_non_fqdn_sender') },
  'classes fifty deep that permit': { main: open + chain(50, 'permit') },
  'parameters that double': { main: parameters(15, 2, 'reject_non_fqdn_sender') },
  'parameters that double and are empty': { main: parameters(60, 2, '') },
  'parameters that are ten times as long each': { main: parameters(19, 10, '') },
  'parameters that lead back to each other': { main: `a = $b\nb = $a\n${list} = $a, ${closed}\n` },
  'a value of tens of millions of characters': {
    main: parameters(25, 2, 'x').replace(list, `mynetworks = $p0\n${list}`),
  },
  'expressions within expressions': {
    main: `x = 1\n${list} = ${'${x?{'.repeat(20_000)}permit${'}}'.repeat(20_000)}, ${closed}\n`,
  },
  'a list of thirty thousand words': {
    main: `${list} = ${'reject_non_fqdn_sender '.repeat(30_000)} ${closed}\n`,
  },
  'a table that leads to itself': {
    main: open + asking('hash:/t'),
    files: {
      '/t': 'b.example reject_non_fqdn_sender check_sender_access hash:/t check_sender_access hash:/t',
    },
  },
  'tables that lead to the next one twice': {
    main: open + asking('hash:/t0'),
    files: Object.fromEntries(
      upTo(40).map((at) => [`/t${at}`, `b.example ${`check_sender_access hash:/t${at + 1} `.repeat(2)}`]),
    ),
  },
  'a list that includes itself': { main: 'relay_domains = /t\n', files: { '/t': '/t '.repeat(10) } },
  'a list that includes files that double': {
    main: 'relay_domains = /t0\n',
    files: Object.fromEntries(
      upTo(40).map((at) => [`/t${at}`, at < 39 ? `/t${at + 1} /t${at + 1}` : 'a.example']),
    ),
  },
  'tables within tables': { main: asking(nested('unionmap', 'static:DUNNO')) },
  'tables behind tables': {
    main: asking(nested('pipemap', 'hash:/t')),
    files: { '/t': 'b.example b.example' },
  },
  'a long table of networks': {
    main: `${list} = check_client_access cidr:/t, ${closed}\n`,
    files: {
      '/t': upTo(8000)
        .map((at) => `${network(at)} REJECT go away ${at}`)
        .join('\n'),
    },
  },
  'networks within networks': {
    main: `${list} = check_client_access cidr:/t, ${closed}\n`,
    files: {
      '/t': `${upTo(3000)
        .map((at) => `if ${network(at)}\n`)
        .join('')}192.0.2.1 OK\n${'endif\n'.repeat(3000)}`,
    },
  },
  'a table of networks of which each leads elsewhere': {
    main: `${open}${list} = check_client_access cidr:/t, ${closed}\n`,
    files: {
      '/t': upTo(3000)
        .map((at) => `${network(at)} reject_rbl_client l${at}.example`)
        .join('\n'),
    },
  },
  'a table of many who may relay': {
    main: open + asking('hash:/t'),
    files: {
      '/t': upTo(20_000)
        .map((at) => `u${at}@x.example OK`)
        .join('\n'),
    },
  },
  'spaces in the middle of a line': {
    main: asking('hash:/t', 'pcre:/t'),
    files: { '/t': `a${' '.repeat(500_000)}b` },
  },
  ...Object.fromEntries(
    patterns.map((pattern) => [
      `the pattern ${pattern.slice(0, 40)}`,
      {
        main: `${list} = check_helo_access pcre:/t, ${closed}\n`,
        files: { '/t': `/${pattern}/ OK\n` },
        transaction: { helo: 'a'.repeat(400) },
      },
    ]),
  ),
};

export function configurationOf({ main, files = {} }: Hostile): Configuration {
  const base = 'compatibility_level = 3.6\nmyhostname = mx.example.com\nmydestination = example.com\n';
  return { main: base + main, version: '3.7.11', files: (path) => files[path] };
}

export function transactionOf({ transaction }: Hostile): Transaction {
  const client = { address: '198.51.100.7', name: 'mx.b.example' };
  return {
    client,
    helo: 'mx.b.example',
    from: 'a@b.example',
    to: ['postmaster@example.com', 'x@c.example'],
    ...transaction,
  };
}
