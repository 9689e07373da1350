import type { Answer, RecordType, Resolver } from '@postern/dns';
import type { SpfQuery } from '@postern/spf';
import { Random } from './random.ts';

/** A client at the door and all the DNS there is. */
export interface World {
  readonly query: SpfQuery;
  /** By `TYPE name`; what is absent does not exist. */
  readonly answers: ReadonlyMap<string, Answer>;
  readonly names: ReadonlySet<string>;
}

const addresses4 = ['192.0.2.1', '192.0.2.7', '192.0.2.129', '198.51.100.5', '203.0.113.250', '10.1.2.3'];
const addresses6 = ['2001:db8::1', '2001:db8:1::7', '2001:db8:ffff:1::a', 'fd00::5', '2001:0DB8:0:0::0001'];
const domains = Array.from({ length: 8 }, (_, index) => `d${index}.example.com`);
const hosts = Array.from({ length: 8 }, (_, index) => `h${index}.example.net`);

/** Makes one world from a seed: records that lean on each other, hosts, failures, and some of everything that is wrong. */
export function makeWorld(seed: number): World {
  const random = new Random(seed);
  const ip = random.chance(0.65) ? random.pick(addresses4) : random.pick(addresses6.slice(0, 4));
  const mapped = !ip.includes(':') && random.chance(0.05) ? `::ffff:${ip}` : ip;
  const answers = new Map<string, Answer>();
  const names = new Set<string>([...domains, ...hosts]);
  const put = (type: RecordType, name: string, records: unknown[]): void => {
    const answer = random.chance(0.015)
      ? { status: 'failed', reason: random.pick(['servfail', 'timeout', 'refused'] as const) }
      : { status: 'found', records, ttl: 300 };
    answers.set(`${type} ${name}`, answer as Answer);
  };
  for (const domain of domains) {
    if (random.chance(0.93)) put('TXT', domain, textRecords(random));
    if (random.chance(0.6)) put('MX', domain, mxRecords(random));
    addAddresses(random, domain, put);
  }
  for (const host of hosts) {
    addAddresses(random, host, put);
    if (random.chance(0.3)) put('MX', host, mxRecords(random));
  }
  if (random.chance(0.7)) {
    const own = [...hosts, ...domains.map((domain) => `mail.${domain}`)];
    const found = random.many(1, random.chance(0.1) ? 13 : 3, () => random.pick(own));
    put('PTR', reverse(ip), found);
    for (const name of found) {
      names.add(name);
      if (random.chance(0.6)) put(ip.includes(':') ? 'AAAA' : 'A', name, [ip]);
    }
  }
  const existing = `${ip.split('.').toReversed().join('.')}.list.example.org`;
  if (!ip.includes(':') && random.chance(0.5)) put('A', existing, ['127.0.0.2']);
  if (random.chance(0.5)) put('A', 'joe.users.example.org', ['127.0.0.2']);

  const sender = random.chance(0.08)
    ? ''
    : `${random.pick(['joe', 'a-b+c', 'postmaster', 'x.y', 'strong-bad', '', 'ünï', 'a"b'])}@${random.pick(domains)}`;
  const helo = random.chance(0.9)
    ? random.pick([...domains, ...hosts])
    : random.pick(['localhost', '[192.0.2.1]', 'OEMCOMPUTER', 'Mail.D1.Example.Com']);
  return { query: { ip: mapped, helo, sender }, answers, names };
}

/** The world's DNS as this project asks for it. */
export function worldResolver({ answers, names }: World): Resolver {
  return {
    resolve<T extends RecordType>(name: string, type: T): Answer<T> {
      const found = answers.get(`${type} ${name}`);
      return (found ?? { status: names.has(name) ? 'nodata' : 'nxdomain', ttl: 60 }) as Answer<T>;
    },
  };
}

/** The same DNS in the shapes of node:dns. */
export function worldLookup(world: World): (name: string, type: string) => Promise<unknown> {
  const resolver = worldResolver(world);
  const codes = { servfail: 'ESERVFAIL', timeout: 'ETIMEOUT', refused: 'EREFUSED' } as Record<string, string>;
  return async (name, type) => {
    const answer = (await resolver.resolve(name.toLowerCase(), type as RecordType)) as Answer;
    if (answer.status === 'found') {
      return type === 'MX'
        ? (answer.records as { preference: number; exchange: string }[]).map(({ preference, exchange }) => ({
            priority: preference,
            exchange,
          }))
        : answer.records;
    }
    const code =
      answer.status === 'failed'
        ? codes[answer.reason]
        : answer.status === 'nodata'
          ? 'ENODATA'
          : 'ENOTFOUND';
    throw Object.assign(new Error(code), { code });
  };
}

function addAddresses(
  random: Random,
  name: string,
  put: (type: RecordType, name: string, records: unknown[]) => void,
): void {
  if (random.chance(0.7))
    put(
      'A',
      name,
      random.many(1, 3, () => random.pick(addresses4)),
    );
  if (random.chance(0.45))
    put(
      'AAAA',
      name,
      random.many(1, 2, () => random.pick(addresses6)),
    );
}

function mxRecords(random: Random): unknown[] {
  if (random.chance(0.04)) return [{ preference: 0, exchange: '' }];
  const most = random.chance(0.1) ? 16 : 4;
  return random.many(1, most, () => ({
    preference: random.below(5) * 10,
    exchange: random.chance(0.005) ? 'localhost' : random.pick([...hosts, ...domains, 'gone.example.net']),
  }));
}

function textRecords(random: Random): string[][] {
  const records: string[][] = [];
  if (random.chance(0.15)) records.push(['google-site-verification=abc']);
  if (random.chance(0.95)) records.push(inStrings(random, record(random)));
  if (random.chance(0.02)) records.push(['v=spf1 -all']);
  if (random.chance(0.03))
    records.push([random.pick(['v=spf10 -all', ' v=spf1 -all', 'v=spf2.0/pra -all', 'V=SPF1'])]);
  return records;
}

function inStrings(random: Random, text: string): string[] {
  if (!random.chance(0.2) || text.length < 2) return [text];
  const cut = 1 + random.below(text.length - 1);
  return [text.slice(0, cut), text.slice(cut)];
}

function record(random: Random): string {
  const terms = random.many(0, random.chance(0.05) ? 12 : 5, () => term(random));
  if (random.chance(0.25)) terms.push(`redirect=${target(random)}`);
  if (random.chance(0.7)) terms.push(`${random.pick(['-', '~', '?', '+', ''])}all`);
  if (random.chance(0.1)) terms.splice(random.below(terms.length + 1), 0, `exp=${target(random)}`);
  const version = random.chance(0.95) ? 'v=spf1' : random.pick(['V=SPF1', 'v=SpF1']);
  return [version, ...terms].join(random.chance(0.95) ? ' ' : '  ') + (random.chance(0.05) ? ' ' : '');
}

function term(random: Random): string {
  const sign = random.chance(0.75) ? '' : random.pick(['+', '-', '~', '?']);
  if (random.chance(0.04)) return sign + oddTerm(random);
  switch (
    random.pick([
      'ip4',
      'ip4',
      'ip6',
      'a',
      'a',
      'mx',
      'mx',
      'include',
      'include',
      'exists',
      'ptr',
      'modifier',
    ])
  ) {
    case 'ip4':
      return `${sign}ip4:${random.pick(addresses4)}${random.chance(0.5) ? `/${random.below(33)}` : ''}`;
    case 'ip6':
      return `${sign}${random.pick(['ip6', 'IP6'])}:${random.pick(addresses6)}${random.chance(0.5) ? `/${random.below(129)}` : ''}`;
    case 'a':
      return `${sign}a${random.chance(0.6) ? `:${target(random)}` : ''}${lengths(random)}`;
    case 'mx':
      return `${sign}mx${random.chance(0.6) ? `:${target(random)}` : ''}${lengths(random)}`;
    case 'include':
      return `${sign}include:${target(random)}`;
    case 'exists':
      return `${sign}exists:${random.pick(['%{ir}.list.example.org', '%{l1r-}.users.example.org', '%{l}.users.example.org', '%{i}.x.example.org', target(random)])}`;
    case 'ptr':
      return `${sign}ptr${random.chance(0.6) ? `:${random.pick(['example.net', 'example.com', target(random)])}` : ''}`;
    default:
      return random.pick(['x-note=%{d}', 'm.odd_name-1=a:b/c', 'empty=', 'time=%{t}']);
  }
}

function lengths(random: Random): string {
  return (
    (random.chance(0.3) ? `/${random.below(33)}` : '') + (random.chance(0.3) ? `//${random.below(129)}` : '')
  );
}

function target(random: Random): string {
  if (random.chance(0.8))
    return (
      random.pick([...domains, ...domains, ...hosts, 'gone.example.org']) + (random.chance(0.05) ? '.' : '')
    );
  return random.pick([
    '%{d}',
    '%{o}',
    '%{h}',
    '%{d2}',
    'h%{p}',
    '%{p}',
    '%{p}.users.example.org',
    '%{H}',
    'a.%{d1r}.%{v}.example.org',
    '%{d4}',
    'mail.%{D}',
    '%{i}.x',
    '%{s}.example.org',
    '%%.example.com',
    'long%_name.example.org',
  ]);
}

/** Terms that are wrong, or look as if they were. */
function oddTerm(random: Random): string {
  return random.pick([
    'moo',
    'ip4',
    'ip4:',
    'ip4:1.2.3',
    'ip4:1.2.3.4/33',
    'ip4:01.2.3.4',
    'ip6:1::2::3',
    'ip6:::1.1.1.1/129',
    'ip6:::192.0.2.1',
    'all:x',
    'all/8',
    'include',
    'include:',
    'include:com',
    'a:',
    'a:1.2.3.4',
    'a/33',
    'a//129',
    'a/24/64',
    'a:x.example.com:80',
    'mx:foo..example.com',
    'ptr:',
    'ptr/24',
    'exists',
    'exists:%{z}.x.org',
    'exists:%(i).x.org',
    'exists:%{i',
    'a:%{c}.x.org',
    'a:%{d0}.x.org',
    'redirect=',
    'redirect:x.org',
    '1x=y',
    'exp=',
    'a:h\u00e9.example.com',
    'x=%',
    'include:a..example.com',
    'a:.example.com',
    'exists:%{l9r+-./,_=}.users.example.org',
  ]);
}

function reverse(ip: string): string {
  if (!ip.includes(':')) return `${ip.split('.').toReversed().join('.')}.in-addr.arpa`;
  const [head = '', tail = ''] = ip.split('::');
  const [left, right] = [head.split(':').filter(Boolean), tail.split(':').filter(Boolean)];
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  return `${groups
    .map((group) => group.padStart(4, '0'))
    .join('')
    .toLowerCase()
    .split('')
    .toReversed()
    .join('.')}.ip6.arpa`;
}
