import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPolicyServer, type Action, type Handler, type PolicyServer } from '../src/index.ts';

const answerWith = (action: Action | readonly Action[], name = 'fixed'): Handler => ({
  name,
  handle: () => action,
});
const request = (attributes: Record<string, string> = {}): string =>
  `request=smtpd_access_policy\n${Object.entries(attributes)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')}\n`;

let server: PolicyServer | undefined;
afterEach(() => server?.close());

async function start(
  handlers: readonly Handler[],
  options: Omit<Parameters<typeof createPolicyServer>[0], 'handlers'> = {},
): Promise<Socket & { ask(text: string): Promise<string[]> }> {
  server = createPolicyServer({ handlers, ...options });
  const address = await server.listen({ type: 'tcp', host: '127.0.0.1', port: 0 });
  return dial(address.type === 'tcp' ? address.port : 0);
}

function dial(port: number): Socket & { ask(text: string): Promise<string[]> } {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const lines: string[] = [];
  let rest = '';
  socket.on('data', (data) => {
    const parts = (rest + String(data)).split('\n\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    socket.emit('answer');
  });
  return Object.assign(socket, {
    async ask(text: string): Promise<string[]> {
      const wanted = text.split('\n\n').length - 1;
      socket.write(text);
      while (lines.length < wanted) await once(socket, 'answer');
      return lines.splice(0);
    },
  });
}

/** Waits for the end of a connection, in whatever way it ends: what is written after the close is reset. */
const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on('error', () => {});
    socket.once('close', () => resolve());
  });

describe('a policy server', () => {
  it('answers requests on one connection, also pipelined ones, in order', async () => {
    const client = await start([
      {
        name: 'echo',
        async handle({ sender }, { note }) {
          await sleep(sender === 'slow' ? 30 : 0);
          note('seen');
          return { type: 'warn', text: sender ?? '' };
        },
      },
    ]);
    expect(await client.ask(request({ sender: 'a' }))).toEqual(['action=WARN a']);
    expect(await client.ask(request({ sender: 'slow' }) + request({ sender: 'b' }))).toEqual([
      'action=WARN slow',
      'action=WARN b',
    ]);
  });

  it('takes the first decisive answer and goes on after DUNNO', async () => {
    const client = await start([
      answerWith({ type: 'dunno' }),
      answerWith({ type: 'reject', code: 550, text: 'no' }),
      answerWith({ type: 'ok' }),
    ]);
    expect(await client.ask(request())).toEqual(['action=550 no']);
  });

  it('gives each header of a message once, one an answer, over its recipients and DATA', async () => {
    const client = await start([
      answerWith({ type: 'prepend', header: 'Received-SPF', value: 'pass' }),
      answerWith({ type: 'prepend', header: 'X-List', value: 'clean' }),
    ]);
    const ask = (state: string): Promise<string[]> =>
      client.ask(request({ protocol_state: state, instance: 'i1' }));
    expect(await ask('RCPT')).toEqual(['action=PREPEND Received-SPF: pass']);
    expect(await ask('DATA')).toEqual(['action=PREPEND X-List: clean']);
    expect(await ask('END-OF-MESSAGE')).toEqual(['action=DUNNO']);
  });

  it('answers as stated when a handler throws or takes too long', async () => {
    const client = await start([
      { name: 'broken', onFailure: { type: 'dunno' }, handle: () => Promise.reject(new Error('boom')) },
      {
        name: 'stuck',
        deadline: 20,
        onFailure: { type: 'defer', code: 451, text: 'try later' },
        handle: () => new Promise(() => {}),
      },
    ]);
    expect(await client.ask(request())).toEqual(['action=451 try later']);
    expect(server!.metrics()).toContain('postern_policy_failures_total{handler="stuck",reason="deadline"} 1');
    expect(server!.metrics()).toContain('postern_policy_failures_total{handler="broken",reason="error"} 1');
  });

  it('decides but answers DUNNO in a dry run', async () => {
    const lines: string[] = [];
    const client = await start([answerWith({ type: 'reject', text: 'no' })], {
      dryRun: true,
      logger: { info: (fields) => void lines.push(String(fields['action'])), warn() {}, error() {} },
    });
    expect(await client.ask(request())).toEqual(['action=DUNNO']);
    expect(lines).toEqual(['REJECT no']);
  });

  it('takes new handlers without a restart', async () => {
    const client = await start([answerWith({ type: 'ok' })]);
    await server!.reload({ handlers: [answerWith({ type: 'reject' })] });
    expect(await client.ask(request())).toEqual(['action=REJECT']);
  });

  it('says when the handlers that a reload replaces have answered their last request', async () => {
    const held = Promise.withResolvers<Action>();
    const client = await start([{ name: 'slow', handle: () => held.promise }]);
    const answer = client.ask(request());
    await sleep(10);
    let idle = false;
    const replaced = server!.reload({ handlers: [answerWith({ type: 'reject' })] }).then(() => (idle = true));
    await sleep(10);
    expect(idle).toBe(false);
    held.resolve({ type: 'ok' });
    expect(await answer).toEqual(['action=OK']);
    await replaced;
  });

  it('keeps a header that came with another action for the next request of the message, unless it refuses', async () => {
    const mark = answerWith({ type: 'prepend', header: 'Received-SPF', value: 'pass' }, 'mark');
    const client = await start([
      mark,
      {
        name: 'hold',
        handle: ({ protocolState }) => (protocolState === 'RCPT' ? { type: 'hold' } : undefined),
      },
    ]);
    const ask = (state: string, instance: string): Promise<string[]> =>
      client.ask(request({ protocol_state: state, instance }));
    expect(await ask('RCPT', 'i1')).toEqual(['action=HOLD']);
    expect(await ask('DATA', 'i1')).toEqual(['action=PREPEND Received-SPF: pass']);
    expect(await ask('DATA', 'i1')).toEqual(['action=DUNNO']);
  });

  it('takes a stream of requests without a pause for what it is: no slow request', async () => {
    const client = await start([answerWith({ type: 'ok' })], { limits: { request: 400 } });
    const text = request({ sender: 'a' });
    // Every piece ends in the middle of a request, for longer than one request may take.
    client.write(text.slice(0, 20));
    for (let piece = 0; piece < 45; piece++) {
      await sleep(10);
      expect(await client.ask(text.slice(20) + text.slice(0, 20))).toEqual(['action=OK']);
    }
  });

  it('reads no further while many requests wait, and lets a peer go that takes no answers', async () => {
    let asked = 0;
    const client = await start(
      [{ name: 'long', handle: () => (asked++, { type: 'warn', text: 'x'.repeat(900) }) }],
      { limits: { request: 200 } },
    );
    client.on('error', () => {});
    client.pause();
    const flood = Buffer.from(request().repeat(1000));
    let sent = 0;
    while (!client.destroyed && !server!.metrics().includes('answer-not-taken')) {
      if (client.write(flood)) sent += 1000;
      else await sleep(5);
    }
    expect(sent).toBeGreaterThan(asked);
  });

  it('closes a stream that is no policy protocol without an answer and stays up', async () => {
    const client = await start([answerWith({ type: 'ok' })]);
    client.write('EHLO example.com\r\n');
    await gone(client);
    expect(server!.metrics()).toContain('postern_policy_closed_total{reason="no-equals-sign"} 1');
  });

  it('closes a request that trickles in, and an idle connection', async () => {
    const client = await start([answerWith({ type: 'ok' })], { limits: { request: 60, idle: 10_000 } });
    const drip = setInterval(() => client.write('x'), 10);
    await gone(client);
    clearInterval(drip);
    expect(server!.metrics()).toContain('reason="request-too-slow"} 1');
  });

  it('refuses a connection over the limit and serves again when one has gone', async () => {
    const client = await start([answerWith({ type: 'ok' })], { limits: { connections: 1 } });
    await client.ask(request());
    const port = client.remotePort!;
    const second = dial(port);
    await gone(second);
    client.end();
    await gone(client);
    expect(await dial(port).ask(request())).toEqual(['action=OK']);
  });

  it('finishes what it has begun when it is closed', async () => {
    const client = await start([{ name: 'slow', handle: async () => (await sleep(50), { type: 'ok' }) }]);
    const answer = client.ask(request());
    await sleep(10);
    const closed = server!.close();
    expect(await answer).toEqual(['action=OK']);
    await closed;
  });

  it('answers a peer that has ended its side', async () => {
    const client = await start([answerWith({ type: 'ok' })]);
    const answer = client.ask(request());
    client.end();
    expect(await answer).toEqual(['action=OK']);
  });
});

describe('a policy server on a unix socket', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'policy-'))));
  afterEach(() => rm(folder, { recursive: true }));

  it('is there for everybody, replaces a dead socket and leaves a live one alone', async () => {
    const address = { type: 'unix', path: join(folder, 'policy') } as const;
    server = createPolicyServer({ handlers: [answerWith({ type: 'ok' })] });
    await server.listen(address);
    expect((await stat(address.path)).mode & 0o777).toBe(0o666);
    await using second = createPolicyServer({ handlers: [] });
    await expect(second.listen(address)).rejects.toThrow('another server listens there');
  });

  it('never removes a file that is no socket', async () => {
    const path = join(folder, 'precious');
    await writeFile(path, 'data');
    server = createPolicyServer({ handlers: [] });
    await expect(server.listen({ type: 'unix', path })).rejects.toMatchObject({ code: 'cannot-listen' });
  });
});
