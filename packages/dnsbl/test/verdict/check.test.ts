import { fixtureResolver } from '@postern/dns';
import { createDnsbl, type Verdict } from '@postern/dnsbl';
import { describe, expect, it } from 'vitest';
import { listOf, mutableResolver } from '../mutable-resolver.ts';

const resolver = fixtureResolver({
  ...listOf('zen.spamhaus.org', {
    '1.1.1.1': ['127.0.0.4', '127.0.0.2'],
    '1.1.1.2': '127.255.255.254',
    '1.1.1.3': ['127.0.0.2', '127.255.255.255'],
    '1.1.1.4': '127.0.0.99',
    '1.1.1.5': '127.0.0.30',
    '1.1.1.6': '127.255.255.252',
    '1.1.1.7': '127.0.0.11',
  }),
  ...listOf('list.dnswl.org', {
    '1.1.1.1': '127.0.5.2',
    '1.1.1.2': '127.0.0.255',
    '1.1.1.3': '127.0.10.3',
    '1.1.1.4': '127.0.5.0',
  }),
  ...listOf('dnsbl.example.net', {
    '1.1.1.1': '127.0.0.5',
    '1.1.1.2': '203.0.113.9',
    '1.1.1.3': '127.0.0.1',
  }),
  'test.dbl.example': { A: ['127.0.1.2'] },
  'evil.example.dbl.spamhaus.org': {
    A: ['127.0.1.4'],
    TXT: [['https://check.spamhaus.org/', 'evil.example']],
  },
  '1.dbl.spamhaus.org': { A: ['127.0.1.255'] },
  'good.example.multi.uribl.com': { A: ['127.0.0.1'] },
  'bad.example.multi.uribl.com': { A: ['127.0.0.10'] },
  'grey.example.multi.uribl.com': { A: ['127.0.0.4'] },
  '*.wild.example': { A: ['127.0.0.2'] },
  '*.parked.example': { A: ['203.0.113.9'] },
  'broken.example': 'SERVFAIL',
  '*.broken.example': 'SERVFAIL',
  'silent.example': 'TIMEOUT',
  '*.silent.example': 'TIMEOUT',
});

const one = async (zone: string, address: string): Promise<Verdict> => {
  await using dnsbl = createDnsbl({ resolver, zones: [zone] });
  return (await dnsbl.check(address)).verdicts[0]!;
};

describe('check', () => {
  it('says by which codes, what they mean, and what the list says itself', async () => {
    expect(await one('zen.spamhaus.org', '1.1.1.1')).toEqual({
      zone: 'zen.spamhaus.org',
      status: 'listed',
      codes: ['127.0.0.2', '127.0.0.4'],
      meaning: 'SBL: spam sources and spam operations; XBL: infected or exploited hosts',
      reason: 'see https://zen.spamhaus.org/?ip=1.1.1.1',
      weight: 1,
    });
    expect(await one('list.dnswl.org', '1.1.1.1')).toMatchObject({
      status: 'allowed',
      meaning: 'trust: medium',
      weight: -1,
    });
    expect(await one('zen.spamhaus.org', '9.9.9.9')).toMatchObject({ status: 'clean', codes: [], weight: 0 });
  });

  it.each([
    ['zen.spamhaus.org', '1.1.1.2', 'open-resolver'],
    ['zen.spamhaus.org', '1.1.1.3', 'volume'],
    ['zen.spamhaus.org', '1.1.1.4', 'out-of-range'],
    ['zen.spamhaus.org', '1.1.1.6', 'typo'],
    ['list.dnswl.org', '1.1.1.2', 'volume'],
    ['list.dnswl.org', '1.1.1.3', 'blocked'],
    ['dnsbl.example.net', '1.1.1.2', 'parked'],
    ['dnsbl.example.net', '1.1.1.3', 'out-of-range'],
    ['wild.example', '1.1.1.1', 'lists-the-world'],
    ['parked.example', '1.1.1.1', 'parked'],
    ['broken.example', '1.1.1.1', 'failed'],
    ['silent.example', '1.1.1.1', 'timeout'],
    ['dnsbl.sorbs.net', '1.1.1.1', 'dead'],
    ['cbl.abuseat.org', '1.1.1.1', 'dead'],
    ['zin.spamhaus.org', '1.1.1.1', 'bad-zone'],
    ['not a zone', '1.1.1.1', 'bad-zone'],
    ['zen.spamhaus.org=127.0.0.[2,3]', '1.1.1.1', 'bad-zone'],
    ['combined.mail.abusix.zone', '1.1.1.1', 'bad-zone'],
  ])('calls an answer of %s for %s an error: %s', async (zone, address, reason) => {
    expect(await one(zone, address)).toMatchObject({ status: 'error', reason, weight: 0 });
  });

  it('is clean where the answer neither blocks nor allows, and says what it was', async () => {
    expect(await one('zen.spamhaus.org', '1.1.1.5')).toMatchObject({
      status: 'clean',
      codes: ['127.0.0.30'],
    });
    expect(await one('list.dnswl.org', '1.1.1.4')).toMatchObject({
      status: 'clean',
      meaning: expect.stringContaining('none') as string,
    });
  });

  it('listens to the filter of the caller, as Postfix would', async () => {
    expect(await one('zen.spamhaus.org=127.0.0.[10;11]', '1.1.1.1')).toMatchObject({ status: 'clean' });
    expect(await one('zen.spamhaus.org=127.0.0.[10;11]*2', '1.1.1.7')).toMatchObject({
      status: 'listed',
      weight: 2,
    });
    // A filter never makes a listing of an error code.
    expect(await one('zen.spamhaus.org=127.[0..255].[0..255].[0..255]', '1.1.1.2')).toMatchObject({
      status: 'error',
    });
  });

  it('gives the same verdict from its own memory, with the address in the reason', async () => {
    const counting = mutableResolver(
      listOf('bl.example.net', { '1.1.1.1': '127.0.0.2', '1.1.1.2': '127.0.0.2' }),
    );
    await using dnsbl = createDnsbl({ resolver: counting, zones: ['bl.example.net'] });
    const first = await dnsbl.check('1.1.1.1');
    await dnsbl.check('1.1.1.2');
    const queries = counting.asked.length;
    expect(await dnsbl.check('1.1.1.1')).toEqual(first);
    expect((await dnsbl.check('1.1.1.2')).verdicts[0]?.reason).toBe('see https://bl.example.net/?ip=1.1.1.2');
    expect(counting.asked).toHaveLength(queries);
  });

  it('asks for IPv6 addresses only where the list has them', async () => {
    const ipv6 = mutableResolver({
      '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.4.6.0.6.2.zen.spamhaus.org': {
        A: ['127.0.0.2'],
      },
    });
    await using dnsbl = createDnsbl({ resolver: ipv6, zones: ['zen.spamhaus.org', 'bl.spamcop.net'] });
    const { verdicts } = await dnsbl.check('2606:4700::1');
    expect(verdicts).toMatchObject([{ zone: 'zen.spamhaus.org', status: 'listed' }]);
    await using spamcop = createDnsbl({ resolver: ipv6, zones: ['bl.spamcop.net'] });
    expect(await spamcop.check('2606:4700::1')).toMatchObject({
      verdicts: [],
      problem: { code: 'no-lists' },
    });
  });

  it('asks all lists at the same time, and once each', async () => {
    let [waiting, most] = [0, 0];
    const slow = {
      resolve: async (name: string) => {
        if (!name.startsWith('1.1.1.1.')) return { status: 'nxdomain', ttl: 60 } as const;
        most = Math.max(most, ++waiting);
        await new Promise((resolve) => setTimeout(resolve, 5));
        waiting--;
        return { status: 'nxdomain', ttl: 60 } as const;
      },
    };
    const zones = Array.from({ length: 10 }, (_, index) => `bl${index}.example.net`);
    await using dnsbl = createDnsbl({ resolver: slow, zones: [...zones, 'bl0.example.net=127.0.0.3*4'] });
    const { verdicts } = await dnsbl.check('1.1.1.1');
    expect(verdicts).toHaveLength(10);
    expect(most).toBe(10);
  });

  it('survives a resolver that never answers, and one that throws', async () => {
    const never = { resolve: () => new Promise<never>(() => {}) };
    await using patient = createDnsbl({ resolver: never, zones: ['bl.example.net'], timeout: 20 });
    expect((await patient.check('1.1.1.1')).verdicts).toMatchObject([{ status: 'error', reason: 'timeout' }]);
    const broken = { resolve: () => Promise.reject(new Error('out of sockets')) };
    await using failing = createDnsbl({ resolver: broken, zones: ['bl.example.net'] });
    expect((await failing.check('1.1.1.1')).verdicts).toMatchObject([{ status: 'error', reason: 'failed' }]);
  });

  it('ends at once when aborted, and says so', async () => {
    const never = { resolve: () => new Promise<never>(() => {}) };
    await using dnsbl = createDnsbl({ resolver: never, zones: ['bl.example.net'] });
    const abort = new AbortController();
    const result = dnsbl.check('1.1.1.1', { signal: abort.signal });
    abort.abort();
    expect((await result).verdicts).toMatchObject([{ status: 'error', reason: 'aborted' }]);
    expect((await dnsbl.check('1.1.1.2', { signal: abort.signal })).verdicts).toMatchObject([
      { reason: 'aborted' },
    ]);
  });
});

describe('score', () => {
  it('adds weights up as postscreen does: every filter of a list that matches, allow lists against block lists', async () => {
    await using dnsbl = createDnsbl({
      resolver,
      zones: [
        'zen.spamhaus.org=127.0.0.2*3',
        'zen.spamhaus.org=127.0.0.[4..7]*2',
        'list.dnswl.org=127.0.[0..255].[2;3]*-4',
        'dnsbl.example.net',
      ],
      threshold: 2,
    });
    expect(await dnsbl.score('1.1.1.1')).toEqual({
      address: '1.1.1.1',
      score: 2,
      threshold: 2,
      reached: true,
      because: [
        { zone: 'zen.spamhaus.org', weight: 5, codes: ['127.0.0.2', '127.0.0.4'] },
        { zone: 'list.dnswl.org', weight: -4, codes: ['127.0.5.2'] },
        { zone: 'dnsbl.example.net', weight: 1, codes: ['127.0.0.5'] },
      ],
      errors: [],
    });
  });

  it('is not moved by lists in error', async () => {
    await using dnsbl = createDnsbl({
      resolver,
      zones: [
        'wild.example*9',
        'parked.example*9',
        'broken.example*9',
        'silent.example*-9',
        'zen.spamhaus.org',
      ],
    });
    const { score, errors } = await dnsbl.score('1.1.1.1');
    expect(score).toBe(1);
    expect(errors.map(({ reason }) => reason)).toEqual(['lists-the-world', 'parked', 'failed', 'timeout']);
  });
});

describe('checkDomain', () => {
  const domain = async (zone: string, name: string): Promise<Verdict> => {
    await using dnsbl = createDnsbl({ resolver, zones: [zone, 'zen.spamhaus.org'] });
    const { verdicts } = await dnsbl.checkDomain(name);
    expect(verdicts).toHaveLength(1);
    return verdicts[0]!;
  };

  it('asks lists of domains only', async () => {
    expect(await domain('dbl.spamhaus.org', 'Evil.Example.')).toMatchObject({
      status: 'listed',
      meaning: 'DBL: phishing',
      reason: 'https://check.spamhaus.org/evil.example',
    });
  });

  it('reads answers that are sums of bits', async () => {
    expect(await domain('multi.uribl.com', 'bad.example')).toMatchObject({
      status: 'listed',
      meaning: 'black: belongs to spammers; red: young or hidden, found automatically',
    });
    expect(await domain('multi.uribl.com', 'grey.example')).toMatchObject({ status: 'clean' });
    expect(await domain('multi.uribl.com', 'good.example')).toMatchObject({
      status: 'error',
      reason: 'blocked',
    });
  });
});
