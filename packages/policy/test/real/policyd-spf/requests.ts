import { seededRandom, type DnsWorld } from '@postern/testbed';

/** Domains of every kind that a check can come across. */
export const world: DnsWorld = {
  'pass.example': { TXT: [['v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all']] },
  'fail.example': { TXT: [['v=spf1 -all']] },
  'strict.example': { TXT: [['v=spf1 ip4:198.51.100.1 -all']] },
  'soft.example': { TXT: [['v=spf1 ip4:198.51.100.1 ~all']] },
  'neutral.example': { TXT: [['v=spf1 ?all']] },
  'open.example': { TXT: [['v=spf1 ip4:198.51.100.1']] },
  'broken.example': { TXT: [['v=spf1 ip4:nonsense -all']] },
  'twice.example': { TXT: [['v=spf1 -all'], ['v=spf1 +all']] },
  'loop.example': { TXT: [['v=spf1 include:loop.example -all']] },
  'down.example': { TXT: 'SERVFAIL' },
  'text.example': { TXT: [['hello']], A: ['192.0.2.1'] },
  'mx.example': {
    TXT: [['v=spf1 mx a -all']],
    MX: [{ preference: 10, exchange: 'host.mx.example' }],
    A: ['192.0.2.7'],
  },
  'host.mx.example': { A: ['192.0.2.8'], AAAA: ['2001:db8::8'] },
  'include.example': { TXT: [['v=spf1 include:pass.example include:soft.example -all']] },
  'redirect.example': { TXT: [['v=spf1 redirect=pass.example']] },
  'macro.example': { TXT: [['v=spf1 exists:%{ir}.%{l}.list.macro.example -all']] },
  '1.2.0.192.kari.list.macro.example': { A: ['127.0.0.2'] },
  'explained.example': { TXT: [['v=spf1 -all exp=why.explained.example']] },
  'why.explained.example': { TXT: [['%{i} is not one of ours']] },
  'forwarder.example': { TXT: [['v=spf1 ip4:192.0.2.9 -all']] },
  'relay.example': { A: ['192.0.2.9'], TXT: [['v=spf1 a -all']] },
  '9.2.0.192.in-addr.arpa': { PTR: ['relay.example'] },
};

const domains = [
  ...Object.keys(world).filter((name) => !/arpa$|^why|^1\.|^host/.test(name)),
  'nothing.example',
];
const addresses = [
  '192.0.2.1',
  '192.0.2.7',
  '192.0.2.8',
  '192.0.2.9',
  '198.51.100.1',
  '203.0.113.9',
  '2001:db8::8',
  '127.0.0.1',
  '10.1.2.3',
];
const heloNames = [
  'mail.nothing.example',
  'pass.example',
  'fail.example',
  'soft.example',
  'neutral.example',
  'broken.example',
  'down.example',
  'relay.example',
  '[192.0.2.1]',
  'localhost',
];

/** The same requests in every run; now and then one more recipient of the message before. */
export function makeRequests(count: number, seed: number): Record<string, string>[] {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const requests: Record<string, string>[] = [];
  while (requests.length < count) {
    const last = requests.at(-1);
    if (last && random() < 0.2) {
      requests.push({ ...last, recipient: 'ola@example.org' });
      continue;
    }
    requests.push({
      request: 'smtpd_access_policy',
      protocol_state: 'RCPT',
      protocol_name: 'ESMTP',
      client_address: pick(addresses),
      client_name: 'unknown',
      helo_name: pick(heloNames),
      sender: random() < 0.12 ? '' : `${pick(['kari', 'Info', 'a+b'])}@${pick(domains)}`,
      recipient: 'kari@example.org',
      instance: `${seed}.${requests.length}`,
      queue_id: '',
    });
  }
  return requests;
}
