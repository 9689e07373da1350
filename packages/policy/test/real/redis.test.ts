import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describeWith, startRedis } from '@postern/testbed';
import { afterEach, expect, it } from 'vitest';
import { redisCounters } from '../../src/index.ts';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill();
    await once(child, 'exit');
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
  const [port] = (await once(child.stdout, 'data')) as [Buffer];
  return Number(String(port));
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
    const ports = [await startServer(redis.url), await startServer(redis.url)];
    const names = (client: number): string[] =>
      Array.from({ length: 40 }, (_, index) => `m${client}-${index}`);
    const counts = await Promise.all(
      Array.from({ length: 8 }, (_, client) => passed(ports[client % 2]!, names(client))),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(100);
  });

  it('a Redis that dies is reported once, and this process goes on counting', async () => {
    const redis = await startRedis();
    const trouble: string[] = [];
    const counters = await redisCounters({
      url: redis.url,
      patience: 500,
      onTrouble: (state) => void trouble.push(state),
    });
    const charge = () => counters.charge([{ key: 'kari', cost: 1, limit: 2, window: 60 }]);
    await expect.poll(async () => (await charge()).allowed && trouble.at(-1) !== 'lost').toBe(true);
    await redis.stop();
    const after = [await charge(), await charge(), await charge()];
    expect(after.map(({ allowed }) => allowed)).toEqual([true, true, false]);
    expect(trouble.filter((state) => state === 'lost').length).toBeGreaterThan(0);
    await counters.close();
  });
});
