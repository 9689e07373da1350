import { createResolver, type ClosableResolver } from '@postern/dns';
import { createDnsbl } from '@postern/dnsbl';
import {
  describeWith,
  smtp,
  startLab,
  seededRandom,
  startPostfix,
  startRbldnsd,
  type Lab,
  type Postfix,
  type Rbldnsd,
} from '@postern/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';

const next = seededRandom(5782);
const random = (below: number): number => Math.floor(next() * below);
const pick = <T>(items: readonly T[]): T => items[random(items.length)]!;
/** Numbers close together, so that filters and answers meet often enough. */
const octet = (): number => pick([0, 1, 2, 3, 4, 5, 8, 10, 11, 20, 200, 255]);

function field(): string {
  if (random(3) === 0) return String(octet());
  const members = Array.from({ length: 1 + random(3) }, () => {
    const [a, b] = [octet(), octet()];
    return random(2) === 0 ? String(a) : `${Math.min(a, b)}..${Math.max(a, b)}`;
  });
  return `[${members.join(';')}]`;
}

function filter(): string {
  const text = `${pick(['127', '[127]', '[100..127]'])}.${pick(['0', '[0..1]', field()])}.${field()}.${field()}`;
  return random(5) === 0 ? `[${text}]` : text;
}

const distinct = (count: number, make: () => string): string[] => {
  const made = new Set<string>();
  while (made.size < count) made.add(make());
  return [...made];
};

const filters = distinct(60, filter);
const addresses = distinct(
  48,
  () => `${pick([5, 8, 9, 45, 91, 185])}.${random(256)}.${random(256)}.${1 + random(254)}`,
);
/** Up to three answers for each address but every eighth, which is not listed. */
const answers = new Map(
  addresses
    .filter((_, index) => index % 8 !== 0)
    .map((address) => [
      address,
      distinct(1 + random(3), () => `127.${pick([0, 0, 0, 1])}.${octet()}.${octet()}`),
    ]),
);
const zone = {
  zone: 'bl.example.net',
  type: 'ip4set',
  data: [...answers].flatMap(([address, codes]) => codes.map((code) => `${address} :${code}:\n`)).join(''),
} as const;

/** Weights that tell from the sum which filters matched, and weights as people use them. */
const telling = filters.slice(0, 30).map((one, index) => `bl.example.net=${one}*${2 ** index}`);
const usual = filters.slice(0, 40).map((one) => `bl.example.net=${one}*${pick([-4, -2, -1, 1, 1, 2, 3, 5])}`);

const main = (sites: readonly string[]): string =>
  `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = example.com
local_recipient_maps =
smtpd_client_port_logging = yes
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions =
${filters.map((one) => `    warn_if_reject reject_rbl_client bl.example.net=${one},`).join('\n')}
    permit
rbl_reply_maps = texthash:/etc/postfix/rbl_reply
postscreen_access_list =
postscreen_greet_wait = 1s
postscreen_greet_action = ignore
postscreen_dnsbl_action = ignore
postscreen_dnsbl_threshold = 1
postscreen_dnsbl_min_ttl = 1s
postscreen_cache_map =
postscreen_dnsbl_sites =
${sites.map((site) => `    ${site}`).join(',\n')}
`;

const master = `smtp      inet  n - n - 1 postscreen
smtpd     pass  - - n - - smtpd
2525      inet  n - n - - smtpd
dnsblog   unix  - - n - 0 dnsblog
tlsproxy  unix  - - n - 0 tlsproxy
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
proxymap  unix  - - n - - proxymap
local     unix  - n n - - local
postlog   unix-dgram n - n - 1 postlogd
`;

describeWith(['root', 'namespaces', 'postfix', 'rbldnsd'], 'the real Postfix', () => {
  let lab: Lab;
  let postfix: Postfix;
  let lists: Rbldnsd;
  let resolver: ClosableResolver;

  beforeAll(async () => {
    lab = await startLab();
    await startRbldnsd({ lab, zones: [zone] });
    lists = await startRbldnsd({ zones: [zone] });
    resolver = createResolver({ servers: [lists.server] });
    const reply = filters.map((one, index) => `bl.example.net=${one} 554 5.7.1 filter-${index}-\n`).join('');
    postfix = await startPostfix(lab, {
      main: main(telling),
      master,
      files: { '/etc/postfix/rbl_reply': reply },
      greets: 2525,
    });
  });
  afterAll(async () => {
    await postfix?.stop();
    await lab?.close();
    await lists?.stop();
    await resolver?.close();
  });

  it(`has smtpd agree on ${filters.length * addresses.length} pairs of a filter and an address`, async () => {
    const before = (await postfix.settledLog()).length;
    // Every filter that matches is a warning with its number; one session asks them all.
    for (const address of addresses) {
      await using session = await smtp(lab, { port: 2525 });
      await session.ehlo('client.example.org');
      await session.xclient({ ADDR: address, NAME: '[UNAVAILABLE]' });
      await session.ehlo('client.example.org');
      await session.mail('a@example.org');
      await session.rcpt('b@example.com');
      await session.quit();
    }
    const log = (await postfix.settledLog()).slice(before);
    const theirs = addresses.map((address) => {
      const lines = log
        .split('\n')
        .filter((line) => line.includes('reject_warning') && line.includes(`[${address}]`));
      return {
        address,
        listed: lines.map((line) => Number(/filter-(\d+)-/.exec(line)?.[1])).toSorted((a, b) => a - b),
      };
    });
    const checkers = filters.map((one) =>
      createDnsbl({ resolver, zones: [`bl.example.net=${one}`], reasons: 'never' }),
    );
    const ours = [];
    for (const address of addresses) {
      const statuses = await Promise.all(checkers.map((dnsbl) => dnsbl.check(address)));
      const listed = statuses.flatMap(({ verdicts }, index) =>
        verdicts[0]?.status === 'listed' ? [index] : [],
      );
      expect(statuses.filter(({ verdicts }) => verdicts[0]?.status === 'error')).toEqual([]);
      ours.push({ address, listed });
    }
    await Promise.all(checkers.map((dnsbl) => dnsbl.close()));
    expect(ours).toEqual(theirs);
    const hits = ours.reduce((sum, { listed }) => sum + listed.length, 0);
    expect(hits).toBeGreaterThan(200);
    expect(hits).toBeLessThan(filters.length * addresses.length - 200);
  });

  it.each([
    ['powers of two', telling],
    ['usual weights, allow lists among them', usual],
  ])('has postscreen agree on every score, with %s', async (_, sites) => {
    await postfix.reload({ main: main(sites) });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const before = (await postfix.settledLog()).length;
    await Promise.all(
      addresses.map(async (from) => {
        await using session = await smtp(lab, { from, port: 25 });
        await session.ehlo('client.example.org');
        await session.quit();
      }),
    );
    const log = (await postfix.settledLog()).slice(before);
    const theirs = addresses.map((address) => {
      const rank = new RegExp(`DNSBL rank (-?\\d+) for \\[${address.replaceAll('.', '\\.')}\\]`).exec(
        log,
      )?.[1];
      return { address, reached: rank !== undefined, score: rank === undefined ? 'below 1' : Number(rank) };
    });
    await using dnsbl = createDnsbl({ resolver, zones: sites, threshold: 1 });
    const ours = [];
    for (const address of addresses) {
      const { score, reached } = await dnsbl.score(address);
      ours.push({ address, reached, score: reached ? score : 'below 1' });
    }
    expect(ours).toEqual(theirs);
    expect(ours.filter(({ reached }) => reached).length).toBeGreaterThan(10);
  });
});
