import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createResolver } from '@postern/dns';
import { describeWith, startRedis } from '@postern/testbed';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createPolicyServer,
  rateLimitHandler,
  redisCounters,
  spfHandler,
  type Handler,
  type PolicyServer,
  type ServerLimits,
} from '../src/index.ts';

/** Connections of the flood; the full count needs as many open files on both sides (POSTERN_CONNECTS=10000). */
const connects = Number(process.env['POSTERN_CONNECTS'] ?? 2000);

const request =
  'request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.1\nhelo_name=mail.example\nsender=info@example.com\nsasl_username=\n\n';
const fine: Handler = { name: 'fine', handle: () => ({ type: 'ok' }) };

let server: PolicyServer;
let port: number;
let warnings: string[];
beforeEach(() => (warnings = []));
afterEach(() => server.close());

async function start(handlers: readonly Handler[], limits: Partial<ServerLimits> = {}): Promise<void> {
  const logger = {
    info() {},
    warn: (_: object, message: string) => void warnings.push(message),
    error: (_: object, message: string) => void warnings.push(message),
  };
  server = createPolicyServer({ handlers, limits, logger });
  const address = await server.listen({ type: 'tcp', host: '127.0.0.1', port: 0 });
  port = address.type === 'tcp' ? address.port : 0;
}

function dial(): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => {}); // a reset is one of the ways in which these connections end
  return socket;
}

/** Sends bytes and gives everything that came back until the server closed. */
async function send(bytes: string | Uint8Array): Promise<string> {
  const socket = dial();
  let answer = '';
  socket.on('data', (data) => (answer += String(data)));
  socket.write(bytes);
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return answer;
}

async function ask(): Promise<string> {
  const socket = dial();
  socket.write(request);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return String(data);
}

describe('whatever a peer does, the server answers the next one and says why it let the first one go', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    [
      'an attribute of a megabyte',
      `request=smtpd_access_policy\nsender=${'x'.repeat(1_000_000)}\n\n`,
      /larger than 65536 bytes/,
    ],
    ['a megabyte without a newline', Buffer.alloc(1_000_000, 'x'), /larger than 65536 bytes/],
    [
      'ten thousand attributes',
      `request=smtpd_access_policy\n${'a=b\n'.repeat(10_000)}\n`,
      /more than 200 attributes/,
    ],
    ['zeros', Buffer.alloc(1000), /was not complete within 300 ms/],
    [
      'every byte there is',
      Uint8Array.from({ length: 4096 }, (_, index) => index % 256),
      /is not name=value/,
    ],
    ['SMTP', 'EHLO mail.example\r\n', /is not name=value/],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), /was not complete within 300 ms/],
    ['half a request', request.slice(0, 60), /was not complete within 300 ms/],
  ])('%s', async (_, bytes, why) => {
    await start([fine], { request: 300 });
    expect(await send(bytes)).toBe('');
    expect(warnings.join('\n')).toMatch(why);
    expect(await ask()).toBe('action=OK\n\n');
  });

  it('two hundred that send a byte now and then', async () => {
    await start([fine], { request: 500 });
    const slow = Array.from({ length: 200 }, dial);
    const ends = slow.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
    let sent = 0;
    const drip = setInterval(() => {
      for (const socket of slow) socket.write(request[sent % request.length]!);
      sent++;
    }, 50);
    expect(await ask()).toBe('action=OK\n\n');
    await Promise.all(ends);
    clearInterval(drip);
    expect(warnings.filter((line) => line.includes('was not complete'))).toHaveLength(200);
    expect(await ask()).toBe('action=OK\n\n');
  });

  it(`${connects} connects, of which it takes half`, async () => {
    await start([fine], { connections: connects / 2 });
    const sockets: Socket[] = [];
    while (sockets.length < connects) {
      const batch = Array.from({ length: 200 }, dial);
      sockets.push(...batch);
      await Promise.all(
        batch.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])),
      );
    }
    await expect
      .poll(() => warnings.filter((line) => line.startsWith('too many connections')).length)
      .toBe(connects / 2);
    const open = sockets.filter((socket) => !socket.destroyed && !socket.readableEnded);
    const [first] = open;
    first!.write(request);
    expect(String((await once(first!, 'data'))[0])).toBe('action=OK\n\n');
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => /^postern_policy_connections (\d+)$/m.exec(server.metrics())?.[1]).toBe('0');
    expect(await ask()).toBe('action=OK\n\n');
  });

  it('a peer that is gone before its answer is ready', async () => {
    const held = Promise.withResolvers<undefined>();
    await start([{ name: 'slow', handle: () => held.promise }, fine]);
    const socket = dial();
    socket.write(request);
    await sleep(20);
    socket.resetAndDestroy();
    await sleep(20);
    held.resolve(undefined);
    expect(await ask()).toBe('action=OK\n\n');
  });
});

describe('a DNS that is silent', () => {
  it('gets a temporary error within the time that a lookup has', async () => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const resolver = createResolver({
      servers: [`127.0.0.1:${silent.address().port}`],
      timeout: 100,
      deadline: 200,
    });
    await start([
      spfHandler({
        resolver,
        receiver: 'mx.test',
        mailFrom: { refuse: 'fail' },
        temperror: 'defer',
        lookupTime: 300,
      }),
    ]);
    expect(await ask()).toMatch(/^action=DEFER_IF_PERMIT 4\.7\.24 /);
    await resolver.close();
    silent.close();
  });

  it('does not outlast the deadline of the handler, whatever the resolver does', async () => {
    const never = { resolve: () => new Promise<never>(() => {}) };
    const spf = spfHandler({ resolver: never, receiver: 'mx.test', lookupTime: 50 });
    await start([{ ...spf, deadline: 300, handle: spf.handle, onFailure: { type: 'defer', text: 'later' } }]);
    const answer = await ask();
    expect(answer).toMatch(/^action=(DEFER later|PREPEND Received-SPF: temperror)/);
  });
});

describeWith(['redis-server'], 'a Redis that dies', () => {
  it('changes who counts, not whether there is an answer, and is logged once', async () => {
    const redis = await startRedis();
    const trouble: string[] = [];
    const counters = await redisCounters({
      url: `redis://127.0.0.1:${redis.port}`,
      onTrouble: (state, message) => void trouble.push(`${state}: ${message}`),
    });
    await start([
      rateLimitHandler({
        counters,
        limits: [{ per: 'client', count: 'recipients', limit: 1000, window: 60 }],
      }),
      fine,
    ]);
    expect(await ask()).toBe('action=OK\n\n');
    await redis.stop('SIGKILL');
    for (let times = 0; times < 5; times++) expect(await ask()).toBe('action=OK\n\n');
    expect(trouble.filter((line) => line.startsWith('lost'))).not.toHaveLength(0);
    await counters.close();
  });
});
