import nodeDns from 'node:dns';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort } from '@postern/testbed';
import { createResolver, DnsError, type ResolverOptions } from '../src/index.ts';
import { parseServer } from '../src/server-address.ts';
import { startDnsServer, type DnsServer, type DnsServerOptions } from '../src/testing.ts';
import { runModule } from './module-process.ts';

const zones = { 'example.com': { A: ['192.0.2.1'] } };
const truth = { status: 'found', records: ['192.0.2.1'] };

const started: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one[Symbol.asyncDispose]();
});

async function server(options: DnsServerOptions = { zones }): Promise<DnsServer> {
  const dns = await startDnsServer(options);
  started.push(dns);
  return dns;
}

function resolver(servers: readonly string[], options: ResolverOptions = {}) {
  const made = createResolver({ servers, timeout: 100, deadline: 2_000, cache: false, ...options });
  started.push(made);
  return made;
}

describe('the name of a server', () => {
  it.each([
    ['192.0.2.1', { protocol: 'udp', host: '192.0.2.1', port: 53 }],
    ['192.0.2.1:5353', { protocol: 'udp', host: '192.0.2.1', port: 5353 }],
    ['2001:db8::1', { protocol: 'udp', host: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]:5353', { protocol: 'udp', host: '2001:db8::1', port: 5353 }],
    ['udp://192.0.2.1', { protocol: 'udp', host: '192.0.2.1', port: 53 }],
    ['tcp://[::1]', { protocol: 'tcp', host: '::1', port: 53 }],
    ['tls://192.0.2.1', { protocol: 'tls', host: '192.0.2.1', port: 853, certificateName: '192.0.2.1' }],
    [
      'tls://[::1]:8853#dns.example',
      { protocol: 'tls', host: '::1', port: 8853, certificateName: 'dns.example' },
    ],
    [
      'tls://dns.example',
      { protocol: 'tls', host: 'dns.example', port: 853, certificateName: 'dns.example' },
    ],
    ['https://dns.example/dns-query', { protocol: 'https', url: new URL('https://dns.example/dns-query') }],
    ['system', { protocol: 'system' }],
  ])('%s is understood', (text, address) => expect(parseServer(text)).toEqual(address));

  it.each([
    '',
    'dns.example',
    '192.0.2.1:0',
    '192.0.2.1:65536',
    '192.0.2.1:x',
    '[192.0.2.1]:53',
    '::1]:53',
    'ftp://192.0.2.1',
    'https://',
    'http://dns.example/',
    'tls://',
    '192.0.2.1#dns.example',
    'https://user@dns.example/',
  ])('%j is refused with the forms that are not', (text) => {
    expect(() => createResolver({ servers: [text] })).toThrow(DnsError);
    expect(() => createResolver({ servers: [text] })).toThrow(/write 192\.0\.2\.1,/);
  });
});

describe('an option that makes no sense', () => {
  it.each<[string, ResolverOptions]>([
    ['no servers', { servers: [] }],
    ['a timeout of 0', { timeout: 0 }],
    ['a deadline that is none', { deadline: Number.NaN }],
    ['a deadline beyond every timer', { deadline: 2 ** 31 }],
    ['a negative inflight', { inflight: -1 }],
  ])('is refused: %s', (_what, options) => {
    expect(() => createResolver({ servers: ['127.0.0.1'], ...options })).toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  });
});

describe('without servers', () => {
  it('those of the system are asked', async () => {
    const dns = await server();
    const configured = nodeDns.getServers();
    nodeDns.setServers([dns.server]);
    const made = createResolver({ cache: false });
    nodeDns.setServers(configured);
    expect(await made.resolve('example.com', 'A')).toMatchObject(truth);
    await made.close();
    expect(await made.resolve('example.com', 'A')).toMatchObject({ status: 'failed', reason: 'aborted' });
  });
});

describe('several servers', () => {
  it.each(['SERVFAIL', 'REFUSED', 'NOTIMP', 'FORMERR'] as const)(
    'are asked in turn when one says %s',
    async (fail) => {
      const [bad, good] = [await server({ zones, behaviour: { fail } }), await server()];
      expect(await resolver([bad.server, good.server]).resolve('example.com', 'A')).toMatchObject(truth);
      expect([bad.questions.length, good.questions.length]).toEqual([1, 1]);
    },
  );

  it('are not raced: the second is left alone while the first answers, however slowly', async () => {
    const [slow, quick] = [await server({ zones, behaviour: { delay: 60 } }), await server({ zones: {} })];
    expect(
      await resolver([slow.server, quick.server], { timeout: 1_000 }).resolve('example.com', 'A'),
    ).toMatchObject(truth);
    expect(quick.questions).toEqual([]);
  });

  it('are asked in turn when one is silent or not there, and it comes last from then on', async () => {
    const [silent, good] = [await server({ zones, behaviour: { silent: true } }), await server()];
    const nobody = `127.0.0.1:${await freePort()}`;
    const made = resolver([silent.server, nobody, good.server]);
    expect(await made.resolve('example.com', 'A')).toMatchObject(truth);
    const asked = silent.questions.length;
    expect(await made.resolve('example.com', 'A')).toMatchObject(truth);
    expect(silent.questions).toHaveLength(asked);
  });

  it('are asked in turn when the system will not let us send to one', async () => {
    const good = await server();
    const made = resolver(['255.255.255.255', '[::ffff:255.255.255.255]:53', good.server]);
    expect(await made.resolve('example.com', 'A')).toMatchObject(truth);
    expect(await resolver(['255.255.255.255']).resolve('example.com', 'A')).toMatchObject({
      status: 'failed',
      reason: 'network',
      detail: expect.stringContaining('255.255.255.255: ') as unknown,
    });
  });

  it('are asked again when they only were slow, and the complaints of all are told', async () => {
    let ignored = 0;
    const late = await server({ zones, behaviour: () => ({ silent: ignored++ < 3 }) });
    expect(await resolver([late.server], { timeout: 60 }).resolve('example.com', 'A')).toMatchObject(truth);

    const [broken, silent] = [
      await server({ behaviour: { fail: 'SERVFAIL' } }),
      await server({ behaviour: { silent: true } }),
    ];
    const answer = await resolver([broken.server, silent.server], { deadline: 250 }).resolve(
      'example.com',
      'A',
    );
    expect(answer).toMatchObject({ status: 'failed', reason: 'servfail' });
    expect(answer).toMatchObject({
      detail: `${broken.server}: servfail; ${silent.server}: no answer within 100 ms; given up after 250 ms`,
    });
  });

  it('that refer to others give no answer', async () => {
    const referral = (query: Buffer, answer: Buffer): Buffer[] => {
      // The empty answer to the question, with one NS record in the authority section.
      const head = Buffer.from(answer.subarray(0, query.length - 11));
      head[3] = 0;
      head.writeUInt16BE(0, 6);
      head.writeUInt16BE(1, 8);
      head.writeUInt16BE(0, 10);
      return [Buffer.concat([head, Buffer.from([0xc0, 12, 0, 2, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12])])];
    };
    const lame = await server({ zones: {}, behaviour: { forge: referral } });
    expect(await resolver([lame.server]).resolve('example.com', 'A')).toMatchObject({
      status: 'failed',
      reason: 'lame',
    });
  });
});

describe('a chain of aliases over several answers', () => {
  /** A server that gives only the first alias of each chain, and vouches for all names but one. */
  const oneByOne =
    (unproven = '') =>
    (query: Buffer): Buffer[] => {
      const end = query.length - 11;
      const head = Buffer.from(query.subarray(0, end));
      head[2] = 0x81;
      head[3] = String.fromCharCode(query[13]! | 0x20) === unproven ? 0x80 : 0xa0;
      head.writeUInt16BE(1, 6);
      head.writeUInt16BE(0, 10);
      const depth = query[13]! & 0x5f;
      // c.example → d.example → … → h.example, which has an address; z.example → z.example.
      const next = depth === 0x5a ? [0xc0, 12] : [1, depth + 1, 0xc0, 14];
      const data =
        depth === 0x48
          ? [0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1]
          : [0, 5, 0, 1, 0, 0, 0, 9, 0, next.length, ...next];
      return [Buffer.concat([head, Buffer.from([0xc0, 12, ...data])])];
    };

  it('is followed, and an endless one is not', async () => {
    const dns = await server({ behaviour: { forge: oneByOne() } });
    const made = resolver([dns.server]);
    expect(await made.resolve('c.example', 'A')).toEqual({ ...truth, ttl: 9, authenticated: true });
    expect(dns.questions.map(({ name }) => name)).toEqual(
      ['c', 'd', 'e', 'f', 'g', 'h'].map((letter) => `${letter}.example`),
    );
    expect(await made.resolve('z.example', 'A')).toMatchObject({ status: 'failed', reason: 'cname-loop' });
  });

  it.each(['c', 'e', 'h'])('is not proven when one answer is not: that of %s.example', async (unproven) => {
    const dns = await server({ behaviour: { forge: oneByOne(unproven) } });
    expect(await resolver([dns.server]).resolve('c.example', 'A')).toEqual({ ...truth, ttl: 9 });
  });
});

describe('many lookups at once', () => {
  it('are never more under way at a server than allowed, and all are answered', async () => {
    let [now, most] = [0, 0];
    const dns = await server({
      zones: Object.fromEntries(
        Array.from({ length: 300 }, (_, at) => [`n${at}.example`, { A: [`192.0.2.${at % 256}`] }]),
      ),
      behaviour: () => {
        most = Math.max(most, ++now);
        setTimeout(() => now--, 5);
        return { delay: 5 };
      },
    });
    const made = resolver([dns.server], { inflight: 16, timeout: 2_000, deadline: 20_000 });
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, at) => made.resolve(`n${at}.example`, 'A')),
    );
    for (const [at, answer] of answers.entries())
      expect(answer).toMatchObject({ status: 'found', records: [`192.0.2.${at % 256}`] });
    expect(most).toBeLessThanOrEqual(16);
    expect(most).toBeGreaterThan(4);
  });

  it('end at their deadline even in the queue, and callers may leave it', async () => {
    const dns = await server({ behaviour: { silent: true } });
    const made = resolver([dns.server], { inflight: 2, timeout: 5_000, deadline: 80 });
    const leaving = new AbortController();
    const answers = Array.from({ length: 10 }, (_, at) =>
      made.resolve(`n${at}.example`, 'A', { signal: leaving.signal }),
    );
    const late = made.resolve('late.example', 'A');
    leaving.abort();
    for (const answer of answers) expect(await answer).toMatchObject({ reason: 'aborted' });
    expect(await late).toMatchObject({ status: 'failed', reason: 'timeout' });
  });

  it('come from many ports, and from the address that leads to the server', async () => {
    const ports = new Set<number>();
    const addresses = new Set<string>();
    const { createSocket } = await import('node:dgram');
    const socket = createSocket('udp4', (_query, from) => {
      ports.add(from.port);
      addresses.add(from.address);
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.2', () => resolve()));
    const made = resolver([`127.0.0.2:${socket.address().port}`], { deadline: 60 });
    await Promise.all(Array.from({ length: 64 }, async (_, at) => made.resolve(`n${at}.example`, 'A')));
    expect(ports.size).toBe(32);
    expect([...addresses]).toEqual(['127.0.0.1']);
    socket.close();
  });

  it('are one packet for a thousand equal ones', async () => {
    const dns = await server({ zones, behaviour: { delay: 30 } });
    const made = resolver([dns.server], { cache: true, timeout: 2_000 });
    const answers = await Promise.all(
      Array.from({ length: 1_000 }, async () => made.resolve('example.com', 'A')),
    );
    expect(answers.every(({ status }) => status === 'found')).toBe(true);
    expect(dns.questions).toHaveLength(1);
    expect(made.resolve('example.com', 'A')).toMatchObject(truth);
  });
});

describe('a resolver that nobody closes', () => {
  it.each(['server', 'tcp'] as const)('does not keep the process alive: %s', async (way) => {
    const dns = await server();
    const program = `
      import { createResolver } from '@postern/dns';
      const { status } = await createResolver({ servers: [${JSON.stringify(dns[way])}] }).resolve('example.com', 'A');
      process.stdout.write(status);
    `;
    // The connection itself would be kept for five seconds.
    const { end, printed } = await runModule(program, { within: 4_000 });
    expect(end).toEqual([0, null]);
    expect(printed).toBe('found');
  });
});

describe('a connection', () => {
  it('is used for many questions, and a new one is made when the server has closed it', async () => {
    const dns = await server();
    const made = resolver([dns.tcp], { timeout: 2_000 });
    await Promise.all(Array.from({ length: 50 }, async () => made.resolve('example.com', 'A')));
    expect(dns.questions).toHaveLength(50);
    expect(dns.connections).toBe(1);
    dns.disconnect();
    expect(await made.resolve('example.com', 'A')).toMatchObject(truth);
  });
});
