import { createResolver } from '@postern/dns';
import { createDnsbl, type Verdict, type ZoneOptions } from '@postern/dnsbl';
import { describeWith, startKnot, startRbldnsd, type Rbldnsd, type Server } from '@postern/testbed';
import { afterAll, beforeAll, expect, it } from 'vitest';

/** What every list of addresses has (RFC 5782, section 5), in rbldnsd's words. */
const testPoint = '127.0.0.2 :127.0.0.2:https://bl.example.net/test\n';

describeWith(['rbldnsd', 'knotd'], 'real list servers', () => {
  let rbldnsd: Rbldnsd;
  let knot: Server;

  beforeAll(async () => {
    rbldnsd = await startRbldnsd({
      ttl: 1,
      zones: [
        {
          zone: 'zen.spamhaus.org',
          type: 'ip4set',
          data:
            testPoint +
            '1.2.3.2 :127.0.0.2:https://www.spamhaus.org/sbl/query/SBL1\n' +
            '1.2.3.3 :127.0.0.3:https://www.spamhaus.org/query/ip/$\n' +
            '1.2.3.4 :127.0.0.4:\n1.2.3.10 :127.0.0.10:\n1.2.3.11 :127.0.0.11:\n1.2.4.0/24 :127.0.0.9:\n' +
            '!1.2.4.7\n' +
            '5.0.0.252 :127.255.255.252:typo\n5.0.0.254 :127.255.255.254:open resolver\n5.0.0.255 :127.255.255.255:volume\n',
        },
        {
          zone: 'trie.example.net',
          type: 'ip4trie',
          data: `${testPoint}6.0.0.0/8 :127.0.0.3:in 6\n6.1.0.0/16 :127.0.0.4:in 6.1\n`,
        },
        {
          zone: 'six.example.net',
          type: 'ip6trie',
          data: ':127.0.0.2:listed\n2a00:1::/32 :127.0.0.5:network $\n2a00:1:2::/48 :127.0.0.6:\n',
        },
        {
          zone: 'dbl.spamhaus.org',
          type: 'dnset',
          data: 'dbltest.com :127.0.1.2:\nevil.example :127.0.1.4:https://check.spamhaus.org/$\n.abused.example :127.0.1.102:\n1.1.1.1 :127.0.1.255:No IP queries allowed\n',
        },
        {
          zone: 'multi.uribl.com',
          type: 'dnset',
          data: 'test.uribl.com :127.0.0.14:\nbad.example :127.0.0.6:\nrefused.example :127.0.0.1:127.0.0.1 -> Query Refused\n',
        },
        {
          zone: 'list.dnswl.org',
          type: 'ip4set',
          data: '127.0.0.2 :127.0.10.1:\n7.0.0.1 :127.0.5.3:mail.example.org\n7.0.0.2 :127.0.0.255:\n7.0.0.3 :127.0.10.0:\n7.0.0.4 :127.0.9.0:\n',
        },
        {
          zone: 'parked.example.net',
          type: 'ip4trie',
          data: '0.0.0.0/0 :203.0.113.9:this domain is for sale\n',
        },
        {
          zone: 'world.example.net',
          type: 'ip4trie',
          data: '0.0.0.0/0 :127.0.0.2:closed, remove this list\n',
        },
      ],
    });
    knot = await startKnot({
      zones: {
        'broken.example.net': null,
        'wildcard.example.net': '* A 127.0.0.2\n* TXT "everything"',
      },
    });
  });
  afterAll(() => Promise.all([rbldnsd.stop(), knot.stop()]));

  const ask = async (server: Server, zone: string | ZoneOptions, subject: string): Promise<Verdict> => {
    await using resolver = createResolver({ servers: [server.server], timeout: 300, deadline: 600 });
    await using dnsbl = createDnsbl({ resolver, zones: [zone, 'other.example.org'] });
    const check = /^[\d.]+$|:/.test(subject) ? dnsbl.check(subject) : dnsbl.checkDomain(subject);
    return (await check).verdicts[0]!;
  };

  it.each([
    ['1.2.3.2', '127.0.0.2', 'https://www.spamhaus.org/sbl/query/SBL1', /^SBL/],
    ['1.2.3.3', '127.0.0.3', 'https://www.spamhaus.org/query/ip/1.2.3.3', /^CSS/],
    ['1.2.3.4', '127.0.0.4', '', /^XBL/],
    ['1.2.3.10', '127.0.0.10', '', /^PBL/],
    ['1.2.4.99', '127.0.0.9', '', /^DROP/],
  ])('ip4set lists %s by %s', async (address, code, reason, meaning) => {
    expect(await ask(rbldnsd, 'zen.spamhaus.org', address)).toMatchObject({
      status: 'listed',
      codes: [code],
      reason,
      meaning: expect.stringMatching(meaning) as string,
    });
  });

  it.each([
    ['1.2.4.7', 'zen.spamhaus.org'],
    ['8.8.8.8', 'zen.spamhaus.org'],
    ['5.255.255.255', 'trie.example.net'],
    ['2a00:2::1', 'six.example.net'],
    ['good.example', 'dbl.spamhaus.org'],
    ['7.0.0.4', 'list.dnswl.org'],
  ])('%s is clean on %s', async (subject, zone) => {
    // The test entry of DNSWL here says what a refused resolver hears; this is about the answers themselves.
    const options = zone === 'list.dnswl.org' ? { zone, testPoints: {} } : zone;
    expect(await ask(rbldnsd, options, subject)).toMatchObject({ status: 'clean' });
  });

  it('ip4trie and ip6trie answer for the smallest network', async () => {
    expect(await ask(rbldnsd, 'trie.example.net', '6.9.9.9')).toMatchObject({
      codes: ['127.0.0.3'],
      reason: 'in 6',
    });
    expect(await ask(rbldnsd, 'trie.example.net', '6.1.9.9')).toMatchObject({
      codes: ['127.0.0.4'],
      reason: 'in 6.1',
    });
    expect(await ask(rbldnsd, 'six.example.net', '2a00:1::9')).toMatchObject({
      status: 'listed',
      codes: ['127.0.0.5'],
    });
    expect(await ask(rbldnsd, 'six.example.net', '2a00:1:2::9')).toMatchObject({ codes: ['127.0.0.6'] });
  });

  it('dnset lists domains, and those below one', async () => {
    expect(await ask(rbldnsd, 'dbl.spamhaus.org', 'evil.example')).toMatchObject({
      status: 'listed',
      meaning: 'DBL: phishing',
      reason: 'https://check.spamhaus.org/evil.example',
    });
    expect(await ask(rbldnsd, 'dbl.spamhaus.org', 'deep.abused.example')).toMatchObject({
      codes: ['127.0.1.102'],
    });
    expect(await ask(rbldnsd, 'multi.uribl.com', 'bad.example')).toMatchObject({
      status: 'listed',
      codes: ['127.0.0.6'],
    });
  });

  it('an allow list allows', async () => {
    expect(await ask(rbldnsd, { zone: 'list.dnswl.org', testPoints: {} }, '7.0.0.1')).toMatchObject({
      status: 'allowed',
      meaning: 'trust: high',
      weight: -1,
    });
  });

  it.each([
    ['zen.spamhaus.org', '5.0.0.252', 'typo'],
    ['zen.spamhaus.org', '5.0.0.254', 'open-resolver'],
    ['zen.spamhaus.org', '5.0.0.255', 'volume'],
    // A list of domains that is asked about an address all the same.
    ['dbl.spamhaus.org', '1.1.1.1', 'address-query'],
    ['list.dnswl.org', '7.0.0.2', 'volume'],
    ['list.dnswl.org', '7.0.0.3', 'blocked'],
    ['multi.uribl.com', 'refused.example', 'blocked'],
    ['parked.example.net', '8.8.8.8', 'parked'],
    ['world.example.net', '8.8.8.8', 'lists-the-world'],
    ['unserved.example.net', '8.8.8.8', 'refused'],
  ])('%s for %s is an error: %s', async (zone, subject, reason) => {
    const options =
      zone === 'dbl.spamhaus.org'
        ? { zone, of: ['address'] as const, testPoints: {} }
        : zone === 'list.dnswl.org'
          ? { zone, testPoints: {} }
          : zone;
    // An address is asked about in reverse order; the entry of the list of domains is written that way round too.
    expect(await ask(rbldnsd, options, subject)).toMatchObject({ status: 'error', reason, weight: 0 });
  });

  it.each([
    ['broken.example.net', 'failed'],
    ['wildcard.example.net', 'lists-the-world'],
    ['nobody.example.net', 'refused'],
  ])('knot: %s is an error: %s', async (zone, reason) => {
    expect(await ask(knot, zone, '8.8.8.8')).toMatchObject({ status: 'error', reason });
  });

  it('a silent server is an error: timeout', async () => {
    const silent = await startKnot({ zones: { 'silent.example.net': '' } });
    await silent.stop('SIGKILL');
    // Nothing listens there any more, and a socket that is bound and never read keeps the port from answering "closed".
    const { createSocket } = await import('node:dgram');
    const socket = createSocket('udp4').bind(silent.port, '127.0.0.1');
    expect(await ask(silent, 'silent.example.net', '8.8.8.8')).toMatchObject({
      status: 'error',
      reason: 'timeout',
    });
    socket.close();
  });

  it('leaves the score alone, whatever the lists in error do, and stops asking them', async () => {
    await using resolver = createResolver({
      servers: [rbldnsd.server],
      timeout: 300,
      deadline: 600,
      cache: false,
    });
    await using dnsbl = createDnsbl({
      resolver,
      zones: [
        'zen.spamhaus.org',
        'parked.example.net*7',
        'world.example.net*7',
        'unserved.example.net*7',
        'trie.example.net*2',
      ],
      cache: false,
    });
    const scores = [];
    for (let last = 0; last < 20; last++) scores.push((await dnsbl.score('1.2.3.4')).score);
    expect(new Set(scores)).toEqual(new Set([1]));
    const health = await dnsbl.health();
    expect(health.map(({ circuit }) => circuit)).toEqual(['closed', 'open', 'open', 'open', 'closed']);
    expect(health[2]!.queries).toBeLessThan(5);
    expect(health[0]!.queries).toBeGreaterThanOrEqual(20);
  });

  it('notices when a list begins to list the world, and when it is well again', async () => {
    await using server = await startRbldnsd({
      ttl: 1,
      zones: [{ zone: 'bl.example.net', type: 'ip4trie', data: testPoint }],
    });
    await using resolver = createResolver({ servers: [server.server], timeout: 300 });
    await using dnsbl = createDnsbl({
      resolver,
      zones: ['bl.example.net'],
      health: { interval: 100, firstRetry: 50, longestRetry: 100 },
      cache: false,
    });
    const until = async (state: string): Promise<void> => {
      while ((await dnsbl.health())[0]!.state !== state)
        await new Promise((resolve) => setTimeout(resolve, 20));
    };
    expect((await dnsbl.check('8.8.8.8')).verdicts).toMatchObject([{ status: 'clean' }]);
    server.reload(['0.0.0.0/0 :127.0.0.2:\n']);
    await until('lists-the-world');
    expect((await dnsbl.check('8.8.8.9')).verdicts).toMatchObject([
      { status: 'error', reason: 'lists-the-world' },
    ]);
    server.reload([testPoint]);
    await until('healthy');
    expect((await dnsbl.check('8.8.8.10')).verdicts).toMatchObject([{ status: 'clean' }]);
  });
});
