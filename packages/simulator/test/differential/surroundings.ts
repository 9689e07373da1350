import type { DnsWorld } from '@postern/testbed';
import type { Client, Interface } from '@postern/simulator';

/** All the DNS there is, for the real smtpd as for the simulated one. */
export const dns: DnsWorld = {
  'mail.lab.test': { A: ['203.0.113.25'] },
  'good.test': {
    A: ['192.0.2.7'],
    MX: [{ preference: 10, exchange: 'mx.good.test' }],
    NS: ['ns.good.test'],
  },
  'mx.good.test': { A: ['192.0.2.7'] },
  'ns.good.test': { A: ['192.0.2.53'] },
  'deep.sub.good.test': { A: ['192.0.2.17'] },
  'aonly.test': { A: ['198.51.100.9'] },
  'v6.test': { AAAA: ['2001:db8::7'] },
  'mxonly.test': {
    MX: [
      { preference: 10, exchange: 'mx.net.test' },
      { preference: 20, exchange: 'mail.lab.test' },
    ],
    NS: ['ns.net.test'],
  },
  'mx.net.test': { A: ['198.51.100.20'] },
  'ns.net.test': { A: ['198.51.100.53'] },
  'backup.test': {
    MX: [
      { preference: 10, exchange: 'mx.net.test' },
      { preference: 20, exchange: 'me.lab.test' },
    ],
  },
  'me.lab.test': { A: ['203.0.113.25'] },
  'mine.test': { A: ['203.0.113.25'] },
  'text.test': { TXT: [['nothing else']] },
  'slow.test': 'SERVFAIL',
  'mxslow.test': { A: ['198.51.100.9'], MX: 'SERVFAIL' },
  'mxgone.test': { MX: [{ preference: 5, exchange: 'gone.net.test' }] },
  'null.test': { MX: [{ preference: 0, exchange: '.' }] },
  'bad.test': {
    A: ['203.0.113.66'],
    MX: [{ preference: 10, exchange: 'mx.bad.test' }],
    NS: ['ns.bad.test'],
  },
  'mx.bad.test': { A: ['203.0.113.66'] },
  'ns.bad.test': { A: ['203.0.113.53'] },
  'v6.good.test': { AAAA: ['2001:db8::5'] },
  'nomatch.test': { A: ['192.0.2.99'] },
  '7.2.0.192.in-addr.arpa': { PTR: ['mx.good.test'] },
  '17.2.0.192.in-addr.arpa': { PTR: ['deep.sub.good.test'] },
  '9.2.0.192.in-addr.arpa': { PTR: ['nomatch.test'] },
  '10.2.0.192.in-addr.arpa': 'SERVFAIL',
  '66.113.0.203.in-addr.arpa': { PTR: ['mx.bad.test'] },
  '5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': { PTR: ['v6.good.test'] },
  '66.113.0.203.bl.test': { A: ['127.0.0.2', '127.0.0.4'], TXT: [['listed', ' twice'], ['see bl.test']] },
  '9.2.0.192.bl.test': { A: ['127.0.0.10'] },
  '5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.bl.test': { A: ['127.0.0.3'] },
  '7.2.0.192.wl.test': { A: ['127.0.9.1'] },
  'mx.good.test.wl.test': { A: ['127.0.9.1'] },
  'bad.test.dbl.test': { A: ['127.0.1.2'], TXT: [['a bad domain']] },
  'mx.bad.test.dbl.test': { A: ['127.0.1.4'] },
  'nomatch.test.dbl.test': { A: ['127.0.1.2'] },
  'relay.test.dbl.test': { A: ['127.0.1.5'] },
  '*.down.test': 'SERVFAIL',
};

/** Clients as the DNS above knows them. */
export const clients: readonly Required<Client>[] = [
  {
    address: '192.0.2.7',
    name: 'mx.good.test',
    nameStatus: 'ok',
    reverseName: 'mx.good.test',
    reverseStatus: 'ok',
  },
  {
    address: '192.0.2.17',
    name: 'deep.sub.good.test',
    nameStatus: 'ok',
    reverseName: 'deep.sub.good.test',
    reverseStatus: 'ok',
  },
  {
    address: '192.0.2.8',
    name: 'unknown',
    nameStatus: 'permanent',
    reverseName: 'unknown',
    reverseStatus: 'permanent',
  },
  {
    address: '192.0.2.9',
    name: 'unknown',
    nameStatus: 'permanent',
    reverseName: 'nomatch.test',
    reverseStatus: 'ok',
  },
  {
    address: '192.0.2.10',
    name: 'unknown',
    nameStatus: 'temporary',
    reverseName: 'unknown',
    reverseStatus: 'temporary',
  },
  {
    address: '203.0.113.66',
    name: 'mx.bad.test',
    nameStatus: 'ok',
    reverseName: 'mx.bad.test',
    reverseStatus: 'ok',
  },
  {
    address: '2001:db8::5',
    name: 'v6.good.test',
    nameStatus: 'ok',
    reverseName: 'v6.good.test',
    reverseStatus: 'ok',
  },
  {
    address: '10.1.2.3',
    name: 'unknown',
    nameStatus: 'permanent',
    reverseName: 'unknown',
    reverseStatus: 'permanent',
  },
  {
    address: '203.0.113.25',
    name: 'mail.lab.test',
    nameStatus: 'ok',
    reverseName: 'mail.lab.test',
    reverseStatus: 'ok',
  },
];

export const users: readonly string[] = ['kari', 'ola'];
export const interfaces: readonly Interface[] = [
  { address: '127.0.0.1', prefix: 8 },
  { address: '::1', prefix: 128 },
  { address: '203.0.113.25', prefix: 32 },
];
export const hostname = 'mail.lab.test';

export const helos: readonly string[] = [
  'mx.good.test',
  'mx.bad.test',
  'localhost',
  'not_a-.name',
  '192.0.2.7',
  '[192.0.2.7]',
  '[IPv6:2001:db8::5]',
  '[nonsense]',
  'nothing.test',
  'slow.test',
  'text.test',
  'bad.test',
  'aonly.test.',
  'deep.sub.good.test',
  'odd(name)',
  'mxonly.test',
  'UPPER.Good.Test',
];

export const senders: readonly string[] = [
  '',
  'a@good.test',
  'a+tag@good.test',
  'a@bad.test',
  'a@nothing.test',
  'a@slow.test',
  'a@mxslow.test',
  'a@null.test',
  'a@aonly.test',
  'a@v6.test',
  'a@deep.sub.good.test',
  'a@[192.0.2.7]',
  'kari@here.test',
  'nosuch@here.test',
  'kari',
  'A.B@Good.Test',
  'a@text.test',
  'a@mxgone.test',
  'boss@box.test',
  'stray@alias.test',
  'a@dotless',
  'a@good.test.',
];

export const recipients: readonly string[] = [
  'kari@here.test',
  'kari+folder@here.test',
  'Ola@HERE.test',
  'nosuch@here.test',
  'kari',
  'postmaster',
  'postmaster@here.test',
  'list@alias.test',
  'stray@alias.test',
  'boss@box.test',
  'stray@box.test',
  'partner@relay.test',
  'stray@relay.test',
  'x@sub.relay.test',
  'x@good.test',
  'x@bad.test',
  'x@backup.test',
  'x@mine.test',
  'x@mxonly.test',
  'x@nothing.test',
  'x@slow.test',
  'x@null.test',
  'x%good.test@here.test',
  'good.test!x@here.test',
  'x@good.test@here.test',
  'x%good.test@relay.test',
  '@here.test:x@good.test',
  'kari@[203.0.113.25]',
  'x@[192.0.2.7]',
  'moved@here.test',
  'x@error.test',
  'double-bounce@mail.lab.test',
  'kari@localhost',
  'x@mxgone.test',
  'x@v6.test',
];

/** What the policy server of the test answers. */
export function policyAction(request: Readonly<Record<string, string | undefined>>): string {
  const sender = request['sender'] ?? '';
  if (sender.includes('bad')) return 'REJECT by policy';
  if (sender.includes('slow')) return 'DEFER_IF_PERMIT come back';
  if (request['helo_name'] === 'bad.test') return '450 4.7.1 policy says later';
  if (sender.startsWith('kari')) return 'OK';
  return 'DUNNO';
}

/** What the verify service of the test answers: its codes are those of Postfix's protocol. */
export function verification(address: string): {
  readonly code: number;
  readonly status: 'deliverable' | 'deferred' | 'undeliverable' | 'in-progress';
  readonly why: string;
} {
  if (/bad|nosuch/.test(address)) return { code: 2, status: 'undeliverable', why: 'no such user' };
  if (/slow/.test(address)) return { code: 1, status: 'deferred', why: 'greylisted' };
  if (/v6/.test(address)) return { code: 3, status: 'in-progress', why: 'Address verification in progress' };
  return { code: 0, status: 'deliverable', why: 'ok' };
}
