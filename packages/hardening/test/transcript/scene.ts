import type { DnsWorld } from '@postern/testbed';

/** Who plays in the transcript: the host, those who write to it, and the DNS that all of them see. */

export const host = {
  name: 'mail.yourdomain.no',
  address: '203.0.113.25',
  address6: '2001:db8:25::25',
} as const;
export const user = { mail: 'kari@yourdomain.no', name: 'kari', password: 'correct horse battery' } as const;

/** Somebody who connects to the host. */
export interface Client {
  readonly address: string;
  readonly name: string;
}

/** A partner's mail server: forward and reverse names agree, and its SPF record allows it. */
export const partner: Client = { address: '198.51.100.7', name: 'mx.example.org' };
export const partner6: Client = { address: '2001:db8:51::7', name: 'mx6.example.org' };
/** A machine that both block lists know, and with which nothing else is wrong. */
export const bot: Client = { address: '192.0.2.66', name: 'bot.example.net' };
/** Where kari is today: no name, and everybody lists such addresses. */
export const traveller: Client = { address: '192.0.2.200', name: 'laptop' };

/** How the block lists answer. */
export type Lists = 'well' | 'open-resolver' | 'parked';

const people: DnsWorld = {
  'yourdomain.no': { MX: [{ preference: 10, exchange: host.name }], TXT: [['v=spf1 mx -all']] },
  [host.name]: { A: [host.address], AAAA: [host.address6], TXT: [['v=spf1 a -all']] },
  [reverse(host.address)]: { PTR: [host.name] },
  [reverse(host.address6)]: { PTR: [host.name] },
  'example.org': {
    MX: [{ preference: 10, exchange: partner.name }],
    TXT: [['v=spf1 ip4:198.51.100.7 ip6:2001:db8:51::7 -all']],
  },
  [partner.name]: { A: [partner.address], TXT: [['v=spf1 a -all']] },
  [reverse(partner.address)]: { PTR: [partner.name] },
  [partner6.name]: { AAAA: [partner6.address], TXT: [['v=spf1 a -all']] },
  [reverse(partner6.address)]: { PTR: [partner6.name] },
  'example.net': { MX: [{ preference: 10, exchange: bot.name }] },
  [bot.name]: { A: [bot.address] },
  [reverse(bot.address)]: { PTR: [bot.name] },
  // Its mail comes from nowhere, so whoever uses its name lies.
  'example.com': { MX: [{ preference: 10, exchange: 'mx.example.com' }], TXT: [['v=spf1 -all']] },
  'mx.example.com': { A: ['192.0.2.25'] },
};

const zen = listing('zen.spamhaus.org', '127.0.0.4');
const spamcop = listing('bl.spamcop.net', '127.0.0.2');

/**
 * The DNS of a day: `open-resolver`: Spamhaus answers a public resolver with its error code for every address;
 * `parked`: SpamCop's domain has run out and answers every name with an advertiser's address, as in January 2021.
 */
export const days: Readonly<Record<Lists, DnsWorld>> = {
  well: { ...people, ...zen, ...spamcop },
  'open-resolver': {
    ...people,
    '*.zen.spamhaus.org': { A: ['127.255.255.254'], TXT: [['Error: open resolver']] },
    ...spamcop,
  },
  parked: {
    ...people,
    ...zen,
    '*.bl.spamcop.net': { A: ['203.0.113.99'] },
    'bl.spamcop.net': { A: ['203.0.113.99'] },
  },
};

/** A list that has the test point of RFC 5782, the bot, and everybody who travels. */
function listing(zone: string, code: string): DnsWorld {
  const listed = [bot.address, traveller.address, '127.0.0.2'];
  return Object.fromEntries(
    listed.map((address) => [
      `${reverse(address).replace('.in-addr.arpa', '')}.${zone}`,
      { A: [code], TXT: [['Listed, see https://list.invalid/']] },
    ]),
  );
}

/** The name under which DNS has an address's PTR record. */
function reverse(address: string): string {
  if (!address.includes(':')) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
  const [head = '', tail = ''] = address.split('::').map((part) =>
    part
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
  );
  const digits = head.padEnd(32 - tail.length, '0') + tail;
  return `${digits.split('').toReversed().join('.')}.ip6.arpa`;
}
