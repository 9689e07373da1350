import { createDnsbl, expandCidr } from '@postern/dnsbl';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printAddress, readAddress } from '../../src/subject/address.ts';
import { mutableResolver } from '../mutable-resolver.ts';

const resolver = mutableResolver({});
const dnsbl = createDnsbl({ resolver, zones: ['zen.spamhaus.org', 'dbl.spamhaus.org'] });

describe('addresses that nobody can be asked about', () => {
  it.each([
    ['10.1.2.3', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.0.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd00::1', 'private'],
    ['127.0.0.2', 'loopback'],
    ['::1', 'loopback'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['192.0.2.1', 'documentation'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.9', 'documentation'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['0.0.0.0', 'unspecified'],
    ['::', 'unspecified'],
    ['224.0.0.1', 'multicast'],
    ['ff02::1', 'multicast'],
    ['255.255.255.255', 'reserved'],
    ['64:ff9b::1', 'reserved'],
    ['::ffff:8.8.8.8', 'ipv4-mapped'],
    ['::ffff:808:808', 'ipv4-mapped'],
    ['8.8.8.0/24', 'range'],
    ['', 'bad-address'],
    ['8.8.8', 'bad-address'],
    ['8.8.8.256', 'bad-address'],
    ['08.8.8.8', 'bad-address'],
    ['8.8.8.8 ', 'bad-address'],
    ['mail.example.com', 'bad-address'],
    ['1::2::3', 'bad-address'],
    ['2a00:::1', 'bad-address'],
    ['fe80::1%eth0', 'bad-address'],
  ])('%s: %s', async (address, code) => {
    const result = await dnsbl.check(address);
    expect(result).toMatchObject({ address, verdicts: [], score: 0, problem: { code } });
    expect(resolver.asked).toEqual([]);
  });

  it('says which address a mapped one stands for', async () => {
    expect((await dnsbl.check('::ffff:8.8.8.8')).problem).toMatchObject({ suggestion: '8.8.8.8' });
  });

  it('asks about them when told to', async () => {
    await using own = createDnsbl({
      resolver: mutableResolver({}),
      zones: ['bl.example.net'],
      reserved: 'ask',
    });
    expect((await own.check('192.0.2.1')).verdicts).toMatchObject([{ status: 'clean' }]);
    expect((await own.check('2001:db8::1')).verdicts).toMatchObject([{ status: 'clean' }]);
  });
});

describe('domains that nobody can be asked about', () => {
  it.each([
    ['bücher.example', 'idn'],
    ['münchen。de', 'idn'],
    ['example', 'bad-domain'],
    ['', 'bad-domain'],
    ['-x.example.com', 'bad-domain'],
    ['a..example.com', 'bad-domain'],
    ['user@example.com', 'bad-domain'],
    ['192.0.2.1', 'bad-domain'],
    ['[192.0.2.1]', 'bad-domain'],
    ['2001:db8::1', 'bad-domain'],
    ['host.123', 'bad-domain'],
    [`${'a'.repeat(64)}.example`, 'bad-domain'],
    [`${'abcdefg.'.repeat(32)}example`, 'bad-domain'],
  ])('%s: %s', async (domain, code) => {
    expect(await dnsbl.checkDomain(domain)).toMatchObject({ domain, verdicts: [], problem: { code } });
    expect(resolver.asked).toEqual([]);
  });

  it('gives the A-labels of a name in other letters', async () => {
    expect((await dnsbl.checkDomain('bücher.example')).problem).toMatchObject({
      suggestion: 'xn--bcher-kva.example',
    });
  });
});

describe('lists that cannot be asked', () => {
  it('says so when there is none', async () => {
    await using none = createDnsbl({ resolver, zones: [] });
    expect(await none.check('8.8.8.8')).toMatchObject({ verdicts: [], problem: { code: 'no-lists' } });
    expect(await none.checkDomain('example.com')).toMatchObject({ problem: { code: 'no-lists' } });
    expect(await none.score('8.8.8.8')).toMatchObject({ score: 0, problem: { code: 'no-lists' } });
  });

  it('sends nothing to misspelt and dead ones', async () => {
    await using odd = createDnsbl({
      resolver,
      zones: ['zin.spamhaus.org', 'dnsbl.sorbs.net', '!!', { zone: 'bl.example.net', filter: '127.0.0.[' }],
    });
    const { verdicts } = await odd.check('8.8.8.8');
    expect(verdicts).toMatchObject([
      { reason: 'bad-zone', meaning: 'zin.spamhaus.org is not known; did you mean zen.spamhaus.org?' },
      { reason: 'dead', meaning: 'SORBS is shut down since 2024-06-05; remove it' },
      { reason: 'bad-zone' },
      { reason: 'bad-zone', meaning: expect.stringContaining('"127.0.0.["') as string },
    ]);
    await odd.health({ probe: true });
    expect(resolver.asked).toEqual([]);
  });
});

describe('expandCidr', () => {
  it('gives every address of a range', () => {
    expect(expandCidr('192.0.2.8/30', 256)).toEqual({
      addresses: ['192.0.2.8', '192.0.2.9', '192.0.2.10', '192.0.2.11'],
    });
    expect(expandCidr('2001:db8::/127', 256)).toEqual({ addresses: ['2001:db8::', '2001:db8::1'] });
    expect(expandCidr('8.8.8.8/32', 1)).toEqual({ addresses: ['8.8.8.8'] });
  });

  it.each([
    ['192.0.2.0/23', 'too-many', /512 addresses; at most 256/],
    ['2001:db8::/32', 'too-many', /2\^96 addresses/],
    ['0.0.0.0/0', 'too-many', /4294967296/],
    ['192.0.2.9/30', 'bad-cidr', /did you mean 192\.0\.2\.8\/30/],
    ['192.0.2.0/33', 'bad-cidr', /is no range/],
    ['192.0.2/24', 'bad-cidr', /is no range/],
    ['192.0.2.0/-1', 'bad-cidr', /is no range/],
    ['192.0.2.0/24/24', 'bad-cidr', /is no range/],
    ['example.com/24', 'bad-cidr', /is no range/],
  ])('refuses %s', (text, code, message) => {
    expect(expandCidr(text, 256)).toEqual({
      problem: expect.objectContaining({
        code,
        message: expect.stringMatching(message) as string,
      }) as unknown,
    });
  });
});

describe('addresses as text', () => {
  it('reads what it prints, for both families', () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        const address = readAddress(text)!;
        expect(readAddress(printAddress(address))).toEqual(address);
      }),
    );
    fc.assert(fc.property(fc.ipV4(), (text) => printAddress(readAddress(text)!) === text));
  });

  it('are refused without an exception, whatever they are', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom('0', '1', '.', ':', 'f', '/', '%', '[') }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (input) => {
        const [address, domain] = [await dnsbl.check(input), await dnsbl.checkDomain(input)];
        expandCidr(input, 16);
        expect([address.address, domain.domain]).toEqual([input, input]);
        expect((address.problem === undefined) !== (address.verdicts.length === 0)).toBe(true);
      }),
    );
  });
});
