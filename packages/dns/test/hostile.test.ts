import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http2';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeWith, makeCertificate, seededRandom } from '@postern/testbed';
import { hostileMessages } from '../bench/hostile-messages.ts';
import { createResolver, type Answer, type ResolverOptions } from '../src/index.ts';
import { startDnsServer, type Behaviour, type DnsServer } from '../src/testing.ts';
import { openedSince, openResources } from './drivers/open-resources.ts';
import { encodeQuery } from '../src/wire/query.ts';
import { spoil } from './wire/packets.ts';

const zones = { 'example.com': { A: ['192.0.2.1'] } };
const truth = { status: 'found', records: ['192.0.2.1'] };

/** The true answer with another address in it. */
function lie(answer: Buffer): Buffer {
  const forged = Buffer.from(answer);
  forged.set([203, 0, 113, 9], forged.indexOf(Buffer.from([192, 0, 2, 1])));
  return forged;
}

/** A lie with some bytes changed: `[offset, xor]`. */
function changed(...changes: readonly (readonly [number, number])[]) {
  return (_query: Buffer, answer: Buffer): Buffer => {
    const forged = lie(answer);
    for (const [at, bits] of changes) forged[at]! ^= bits;
    return forged;
  };
}

/** Everything by which a datagram gives itself away; the name asked begins at byte 13. */
const forgeries: Record<string, (query: Buffer, answer: Buffer) => Buffer> = {
  'another id': changed([0, 0x40]),
  'another question': changed([13, 0x03]),
  'another type': changed([25, 0x10]),
  'another class': changed([28, 0x02]),
  'letters in another case': changed([13, 0x20]),
  'the mark of a query': changed([2, 0x80]),
  'another opcode': changed([2, 0x28]),
  'two questions': changed([5, 0x03]),
  'no question': changed([5, 0x01]),
  'the query itself': (query) => Buffer.from(query),
  'the query marked as an answer, cut off': (query) => {
    const echo = Buffer.from(query.subarray(0, 20));
    echo[2]! |= 0x80;
    return echo;
  },
  'the owner of another name': (_query, answer) => {
    // The first record's owner is a pointer to the question; now it points to the last label of it.
    const forged = lie(answer);
    forged[30] = 20;
    return forged;
  },
  'more than 4096 bytes': (_query, answer) => Buffer.concat([lie(answer), Buffer.alloc(4_096)]),
  'a header and nothing else': (_query, answer) => answer.subarray(0, 12),
  'a single byte': () => Buffer.from([0]),
  'no bytes at all': () => Buffer.alloc(0),
  'a record that ends outside the packet': (_query, answer) => lie(answer).subarray(0, 43),
  'more records than there are': changed([7, 0x08]),
};

let dns: DnsServer | undefined;
let before = openResources();

async function ask(
  behaviour: Behaviour,
  options: ResolverOptions = {},
  server: 'server' | 'tcp' = 'server',
): Promise<Answer> {
  before = openResources();
  dns = await startDnsServer({ zones, behaviour });
  await using resolver = createResolver({
    servers: [dns[server]],
    timeout: 90,
    deadline: 120,
    cache: false,
    ...options,
  });
  return await resolver.resolve('example.com', 'A');
}

afterEach(async () => {
  await dns?.close();
  dns = undefined;
  // Nothing that an attack began may outlive it: no socket and no timer.
  await vi.waitFor(() => {
    const left = openedSince(before);
    if (Object.keys(left).length > 0) throw new Error(`left open: ${JSON.stringify(left)}`);
  });
});

describe('a datagram that forges or breaks the answer', () => {
  const kinds = Object.entries(forgeries);

  it.each(kinds)('is not believed: %s', async (kind, forge) => {
    const answer = await ask({ forge: (query, honest) => [forge(query, honest)] });
    // A foreign owner is no forgery but an answer without the records asked for.
    const verdict =
      kind === 'the owner of another name' ? { status: 'nodata' } : { status: 'failed', reason: 'timeout' };
    expect(answer).toMatchObject(verdict);
  });

  it.each(kinds.filter(([kind]) => kind !== 'the owner of another name'))(
    'does not keep the true answer away: %s',
    async (_kind, forge) => {
      expect(await ask({ forge: (query, honest) => [forge(query, honest), honest] })).toMatchObject(truth);
    },
  );

  it('is not believed from another port of the server', async () => {
    const { address, close } = await twoFaced((query, from, _own, other) => {
      other.send(lie(answerTo(query)), from.port, from.address);
    });
    await using resolver = createResolver({ servers: [address], timeout: 90, deadline: 120, cache: false });
    expect(await resolver.resolve('example.com', 'A')).toMatchObject({ status: 'failed', reason: 'timeout' });
    await close();
  });

  it('is not believed among thousands of guesses, and the true answer is', async () => {
    const random = seededRandom(7);
    let guesses = 2_000;
    const { address, close } = await twoFaced((query, from, own) => {
      for (; guesses > 0; guesses--) {
        const forged = lie(answerTo(query));
        forged.writeUInt16BE(Math.floor(random() * 65_536));
        // Whoever guesses the id does not know the letters' case.
        forged[13]! ^= 0x20;
        own.send(forged, from.port, from.address);
      }
      setTimeout(() => own.send(answerTo(query), from.port, from.address), 50);
    });
    await using resolver = createResolver({ servers: [address], timeout: 1_500, cache: false });
    expect(await resolver.resolve('example.com', 'A')).toMatchObject(truth);
    await close();
  });

  it('leaves the resolver whole, whatever garbage comes with the true answer', async () => {
    const random = seededRandom(5);
    const query = encodeQuery({ name: 'example.com', type: 'A' }, 0, false);
    const garbage = (answer: Buffer): Buffer => {
      const spoiled = spoil(
        { question: { name: 'example.com', type: 'A' }, query, bytes: lie(answer) },
        random,
      );
      // Guessing the rest does not help without the id.
      spoiled[1]! ^= 1;
      return spoiled;
    };
    before = openResources();
    dns = await startDnsServer({
      zones,
      behaviour: {
        forge: (_query, honest) => [...Array.from({ length: 20 }, () => garbage(honest)), honest],
      },
    });
    await using resolver = createResolver({ servers: [dns.server], cache: false });
    for (let times = 0; times < 200; times++)
      expect(await resolver.resolve('example.com', 'A')).toMatchObject(truth);
  });

  it('says when a server cannot keep the case of letters, and how to do without', async () => {
    const lower = { forge: (_query: Buffer, answer: Buffer) => [lowerCase(answer)] };
    expect(await ask(lower)).toMatchObject({
      status: 'failed',
      detail: expect.stringContaining('mixedCase') as unknown,
    });
    await dns!.close();
    expect(await ask(lower, { mixedCase: false })).toMatchObject(truth);
  });
});

describe('a server that breaks the rules over a connection', () => {
  it.each<[string, Behaviour, object]>([
    ['answers under another id', { wrongId: true }, { reason: 'timeout' }],
    ['answers another question', { wrongQuestion: true }, { reason: 'timeout' }],
    ['says nothing', { silent: true }, { reason: 'timeout' }],
    ['sends a byte now and then', { drip: { bytes: 1, every: 20 } }, { reason: 'timeout' }],
    [
      'cuts the answer short',
      { forge: (_query, answer) => [changed([2, 0x02])(answer, answer)] },
      { reason: 'truncated' },
    ],
    [
      'sends what cannot be read',
      { forge: (_query, answer) => [answer.subarray(0, 40)] },
      { reason: 'malformed' },
    ],
    [
      'sends messages of no bytes',
      { forge: () => [Buffer.alloc(0), Buffer.alloc(0)] },
      { reason: 'timeout' },
    ],
  ])('%s', async (_what, behaviour, verdict) => {
    expect(await ask(behaviour, {}, 'tcp')).toMatchObject({ status: 'failed', ...verdict });
  });

  it('is waited for while its answer comes in pieces in time', async () => {
    const answer = await ask({ drip: { bytes: 5, every: 1 } }, { timeout: 2_000, deadline: 3_000 }, 'tcp');
    expect(answer).toMatchObject(truth);
  });

  it('may truncate by UDP and answer by TCP, but not truncate and fall silent', async () => {
    expect(await ask({ truncate: true }, { timeout: 2_000, deadline: 3_000 })).toMatchObject(truth);
    expect(dns!.questions.map(({ protocol }) => protocol)).toEqual(['udp', 'tcp']);
    await dns!.close();

    before = openResources();
    dns = await startDnsServer({
      zones,
      behaviour: ({ protocol }) => (protocol === 'udp' ? { truncate: true } : { silent: true }),
    });
    await using resolver = createResolver({
      servers: [dns.server],
      timeout: 60,
      deadline: 150,
      cache: false,
    });
    expect(await resolver.resolve('example.com', 'A')).toMatchObject({ status: 'failed', reason: 'timeout' });
  });

  it.each(Object.entries(hostileMessages))('sends %s', async (_kind, { bytes, refused }) => {
    const forge = (query: Buffer): Buffer[] => {
      // The body as it is, below the header and the question of the query.
      const message = Buffer.from(bytes);
      query.copy(message, 0, 0, 2);
      query.copy(message, 12, 12, message.length < 32 ? message.length : 32);
      return [message];
    };
    before = openResources();
    dns = await startDnsServer({ behaviour: { forge } });
    await using resolver = createResolver({ servers: [dns.tcp], timeout: 1_000, cache: false });
    const answer = await resolver.resolve('victim.example', 'MX');
    expect(answer.status === 'failed' && answer.reason === 'malformed').toBe(refused);
  });
});

describeWith(['openssl'], 'a server behind TLS', () => {
  let certificate: ReturnType<typeof makeCertificate>;
  beforeAll(() => {
    certificate = makeCertificate('localhost');
  });

  it.each(['tls', 'https'] as const)(
    'is not believed without a certificate that we trust: %s',
    async (protocol) => {
      before = openResources();
      dns = await startDnsServer({ zones, tls: certificate });
      await using resolver = createResolver({ servers: [dns[protocol]!], timeout: 1_000, cache: false });
      const answer = await resolver.resolve('example.com', 'A');
      expect(answer).toMatchObject({
        status: 'failed',
        reason: 'network',
        detail: expect.stringMatching(/certificate|unable to verify/i) as unknown,
      });
      expect(dns.questions).toEqual([]);
    },
  );

  it.each(['tls', 'https'] as const)(
    'is not believed with the certificate of another name: %s',
    async (protocol) => {
      before = openResources();
      const other = makeCertificate('other.example');
      dns = await startDnsServer({ zones, tls: other });
      await using resolver = createResolver({
        servers: [dns[protocol]!],
        ca: other.authority,
        timeout: 1_000,
        cache: false,
      });
      const answer = await resolver.resolve('example.com', 'A');
      expect(answer).toMatchObject({
        status: 'failed',
        reason: 'network',
        detail: expect.stringContaining('altnames') as unknown,
      });
      expect(dns.questions).toEqual([]);
    },
  );

  it.each<[string, Behaviour, string]>([
    ['another id', { wrongId: true }, 'malformed'],
    ['another question', { wrongQuestion: true }, 'malformed'],
    ['silence', { silent: true }, 'timeout'],
    ['a byte now and then', { drip: { bytes: 1, every: 50 } }, 'timeout'],
    [
      'more than 64 KB',
      { forge: (_query, answer) => [Buffer.concat([answer, Buffer.alloc(70_000)])] },
      'malformed',
    ],
  ])('is not believed over HTTPS with %s', async (_what, behaviour, reason) => {
    before = openResources();
    dns = await startDnsServer({ zones, tls: certificate, behaviour });
    await using resolver = createResolver({
      servers: [dns.https!],
      ca: certificate.authority,
      timeout: 300,
      deadline: 350,
      cache: false,
    });
    expect(await resolver.resolve('example.com', 'A')).toMatchObject({ status: 'failed', reason });
  });

  it.each([
    ['a page', { ':status': 200, 'content-type': 'text/html' }, 'malformed'],
    ['an error', { ':status': 503, 'content-type': 'application/dns-message' }, 'network'],
  ])('is not believed over HTTPS with %s', async (_what, headers, reason) => {
    before = openResources();
    const { createSecureServer } = await import('node:http2');
    const web = createSecureServer({ cert: certificate.certificate, key: certificate.key });
    web.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.respond(headers);
      stream.end('<html>');
    });
    await once(web.listen(0, '127.0.0.1'), 'listening');
    const { port } = web.address() as { port: number };
    const resolver = createResolver({
      servers: [`https://localhost:${port}/dns-query`],
      ca: certificate.authority,
      cache: false,
    });
    expect(await resolver.resolve('example.com', 'A')).toMatchObject({ status: 'failed', reason });
    await resolver.close();
    await new Promise((resolve) => web.close(resolve));
  });

  it('is told apart from a server without TLS', async () => {
    before = openResources();
    const plain = createServer();
    await once(plain.listen(0, '127.0.0.1'), 'listening');
    const { port } = plain.address() as { port: number };
    const resolver = createResolver({
      servers: [`https://localhost:${port}/`],
      timeout: 1_000,
      cache: false,
    });
    expect(await resolver.resolve('example.com', 'A')).toMatchObject({ status: 'failed', reason: 'network' });
    await resolver.close();
    await new Promise((resolve) => plain.close(resolve));
  });
});

/** A true answer to a query for the address of example.com, without EDNS. */
function answerTo(query: Buffer): Buffer {
  const head = Buffer.from(query.subarray(0, 29));
  head[2] = 0x81;
  head.writeUInt16BE(1, 6);
  head.writeUInt16BE(0, 10);
  return Buffer.concat([head, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1])]);
}

function lowerCase(answer: Buffer): Buffer {
  const lower = Buffer.from(answer);
  for (let at = 13; at < 24; at++) if (lower[at]! > 0x40 && lower[at]! < 0x5b) lower[at]! += 0x20;
  return lower;
}

/** A server that can also answer from another port. */
async function twoFaced(
  answer: (query: Buffer, from: RemoteInfo, own: Socket, other: Socket) => void,
): Promise<{ address: string; close: () => Promise<void> }> {
  before = openResources();
  const [own, other] = [createSocket('udp4'), createSocket('udp4')];
  for (const socket of [own, other]) await once(socket.bind(0, '127.0.0.1'), 'listening');
  own.on('message', (query, from) => answer(query, from, own, other));
  return {
    address: `127.0.0.1:${own.address().port}`,
    async close() {
      for (const socket of [own, other]) await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
