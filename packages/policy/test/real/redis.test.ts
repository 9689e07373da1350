import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describeWith, startRedis } from '@postern/testbed';
import { afterEach, expect, it } from 'vitest';
import { decide, greylistHandler, readRequest, redisCounters, redisGreylist } from '../../src/index.ts';

const urlOf = ({ port }: { readonly port: number }): string => `redis://127.0.0.1:${port}`;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
});

async function startServer(url: string): Promise<number> {
  const program = join(import.meta.dirname, 'limited-server.ts');
  const child = spawn(
    process.execPath,
    ['--conditions=@postern/source', '--disable-warning=ExperimentalWarning', program, url],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  const port = await Promise.race([
    once(child.stdout, 'data').then(([data]) => Number(String(data))),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server exited with ${code}`))),
  ]);
  return port;
}

/** Sends requests of one user, pipelined on one connection, and counts the answers that let a recipient through. */
async function passed(port: number, messages: readonly string[]): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  for (const instance of messages)
    socket.write(
      `request=smtpd_access_policy\nprotocol_state=RCPT\nsasl_username=kari\ninstance=${instance}\n\n`,
    );
  socket.end();
  return (await text(socket)).split('action=DUNNO').length - 1;
}

describeWith(['redis-server'], 'sending limits shared in a real Redis', () => {
  it('two server processes never let more than the limit through together', async () => {
    await using redis = await startRedis();
    const ports = [await startServer(urlOf(redis)), await startServer(urlOf(redis))];
    const names = (client: number): string[] =>
      Array.from({ length: 40 }, (_, index) => `m${client}-${index}`);
    const counts = await Promise.all(
      Array.from({ length: 8 }, (_, client) => passed(ports[client % 2]!, names(client))),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
  });

  it('a Redis that dies costs nobody a new limit: this process goes on from what it has let through', async () => {
    const redis = await startRedis();
    const { trouble, charge, close } = await connected(redis);
    expect(await charge('kari')).toBe(true);
    await redis.stop();
    expect([await charge('kari'), await charge('kari')]).toEqual([true, false]);
    expect(trouble).toEqual(['lost']);
    await close();
  });

  it('a Redis that hangs keeps nobody waiting, and is used again when it is back', async () => {
    await using redis = await startRedis();
    const { trouble, charge, close } = await connected(redis);
    redis.signal('SIGSTOP');
    expect([await charge('ola'), await charge('ola'), await charge('ola')]).toEqual([true, true, false]);
    expect(trouble).toEqual(['lost']);
    redis.signal('SIGCONT');
    await expect.poll(async () => (await charge(`probe-${Math.random()}`)) && trouble.at(-1)).toBe('back');
    await close();
  });

  it('a greylist shared in Redis is known to both machines, and delays nobody while Redis is away', async () => {
    const redis = await startRedis();
    const url = urlOf(redis);
    let time = 1_800_000_000;
    const stores = [await redisGreylist({ url }), await redisGreylist({ url })];
    const ask = async (machine: number): Promise<string> => {
      const handler = greylistHandler({ store: stores[machine]!, now: () => time * 1000 });
      const request = readRequest({
        protocol_state: 'RCPT',
        client_address: '192.0.2.10',
        sender: 'info@example.com',
        recipient: 'kari@example.org',
      });
      const { action, prepends, failures } = await decide([handler], request, new AbortController().signal);
      return failures.length > 0 ? `failed, ${action.type}` : (prepends[0]?.value ?? action.type);
    };
    await expect
      .poll(async () => [await ask(0), await ask(1)])
      .toEqual(['defer-if-permit', 'defer-if-permit']);
    time += 301;
    expect(await ask(1)).toMatch(/^delayed 30\d seconds$/);
    expect(await ask(0)).toBe('dunno');
    await redis.stop();
    expect(await ask(0)).toBe('failed, dunno');
    for (const store of stores) await store.close();
  });
});

/** Counters with a limit of two, once they have reached Redis. */
async function connected(redis: { readonly port: number }) {
  const trouble: string[] = [];
  const counters = await redisCounters({
    url: urlOf(redis),
    patience: 100,
    onTrouble: (state) => void trouble.push(state),
  });
  const charge = async (key: string): Promise<boolean> =>
    (await counters.charge([{ key, cost: 1, limit: 2, window: 60 }])).allowed;
  // The first questions may come before the connection stands.
  await expect
    .poll(async () => (await charge(`probe-${Math.random()}`)) && trouble.at(-1) !== 'lost')
    .toBe(true);
  trouble.length = 0;
  return { trouble, charge, close: () => counters.close() };
}
