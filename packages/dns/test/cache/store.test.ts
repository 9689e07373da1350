import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, startRedis } from '@postern/testbed';
import { cachedResolver, createResolver, fixtureResolver, redisStore, type Store } from '../../src/index.ts';
import { startDnsServer, type DnsServer } from '../../src/testing.ts';
import { runModule } from '../module-process.ts';

const zones = { 'a.example': { A: { ttl: 100, records: ['192.0.2.1'] } }, 'gone.example': { A: [] } };
const truth = { status: 'found', records: ['192.0.2.1'] };

/** A store in memory that behaves as the test says. */
function memory(
  behave: (work: () => string | undefined) => Promise<string | undefined> = async (work) => work(),
) {
  const kept = new Map<string, string>();
  const calls: string[] = [];
  const store: Store = {
    get(key) {
      calls.push(`get ${key}`);
      return behave(() => kept.get(key));
    },
    async set(key, value, lifetime) {
      calls.push(`set ${key} ${lifetime}`);
      await behave(() => {
        kept.set(key, value);
        return undefined;
      });
    },
  };
  return { store, kept, calls };
}

describe('a shared store', () => {
  it('is asked before the servers, and told what they said', async () => {
    const { store, calls } = memory();
    const one = cachedResolver(fixtureResolver(zones), { store });
    expect(await one.resolve('A.example', 'A')).toMatchObject(truth);
    expect(calls).toEqual(['get A:a.example', 'set A:a.example 100000']);
    const other = cachedResolver(fixtureResolver({}), { store });
    expect(await other.resolve('a.example', 'A')).toMatchObject({ ...truth, ttl: 99 });
  });

  it('proves nothing by DNSSEC: whoever writes there could claim it', async () => {
    const { store, kept } = memory();
    kept.set(
      'A:a.example',
      JSON.stringify({ expires: Date.now() + 60_000, ...truth, ttl: 60, authenticated: true }),
    );
    const answer = await cachedResolver(fixtureResolver({}), { store }).resolve('a.example', 'A');
    expect(answer).toMatchObject(truth);
    expect(answer).not.toHaveProperty('authenticated');
  });

  it('is not asked for a fresh answer, but told it', async () => {
    const { store, calls } = memory();
    const cache = cachedResolver(fixtureResolver(zones), { store });
    expect(await cache.resolve('a.example', 'A', { fresh: true })).toMatchObject(truth);
    expect(calls).toEqual(['set A:a.example 100000']);
  });

  it.each(['', '{', 'null', '[]', '{"expires":1,"status":"nxdomain","ttl":5}', '{"status":"nxdomain"}'])(
    'is not believed when it holds %j',
    async (text) => {
      const { store, kept } = memory();
      kept.set('A:a.example', text);
      expect(await cachedResolver(fixtureResolver(zones), { store }).resolve('a.example', 'A')).toMatchObject(
        truth,
      );
    },
  );

  it.each(['"192.0.2.1"', '[]', '["300.1.1.1"]', '["192.0.2.1", null]', '[{}]'])(
    'is not believed when it holds %s as addresses',
    async (records) => {
      const { store, kept } = memory();
      kept.set('A:a.example', `{"expires":${Date.now() + 60_000},"status":"found","records":${records}}`);
      expect(await cachedResolver(fixtureResolver(zones), { store }).resolve('a.example', 'A')).toMatchObject(
        { ...truth, ttl: 100 },
      );
    },
  );

  it('that fails, throws or hangs never costs an answer, and is then left alone for a while', async () => {
    const broken: Record<string, () => Promise<never>> = {
      rejects: () => Promise.reject(new Error('gone')),
      throws: () => {
        throw new Error('gone');
      },
      hangs: () => new Promise<never>(() => {}),
    };
    for (const behave of Object.values(broken)) {
      const { store, calls } = memory(behave);
      const cache = cachedResolver(fixtureResolver(zones), { store, storeTimeout: 5, failureTtl: 0 });
      expect(await cache.resolve('a.example', 'A')).toMatchObject(truth);
      expect(await cache.resolve('gone.example', 'A')).toMatchObject({ status: 'nodata' });
      expect(calls).toEqual(['get A:a.example']);
    }
  });

  it('keeps no failures', async () => {
    const { store, calls } = memory();
    await cachedResolver(fixtureResolver({ 'a.example': 'SERVFAIL' }), { store }).resolve('a.example', 'A');
    expect(calls).toEqual(['get A:a.example']);
  });
});

describeWith(['redis-server'], 'a store in Redis', () => {
  let dns: DnsServer;
  beforeAll(async () => {
    dns = await startDnsServer({ zones });
  });
  afterAll(() => dns.close());

  it('lets two processes share one answer', async () => {
    await using redis = await startRedis();
    const url = `redis://${redis.server}`;
    const before = dns.questions.length;
    const program = `
      import { createResolver, redisStore } from '@postern/dns';
      await using store = await redisStore({ url: ${JSON.stringify(url)} });
      await using resolver = createResolver({ servers: [${JSON.stringify(dns.server)}], cache: { store, storeTimeout: 2_000 } });
      while ((await store.set('probe', 'x', 1000), await store.get('probe')) === undefined) await new Promise((next) => setTimeout(next, 10));
      process.stdout.write(JSON.stringify(await resolver.resolve('a.example', 'A')));
      // The write is nobody's to wait for; here it has to arrive before the process ends.
      while ((await store.get('A:a.example')) === undefined) await new Promise((next) => setTimeout(next, 10));
    `;
    for (let times = 0; times < 2; times++) {
      const { end, printed } = await runModule(program, { within: 20_000 });
      expect(end).toEqual([0, null]);
      expect(JSON.parse(printed)).toMatchObject(truth);
    }
    expect(dns.questions.length - before).toBe(1);
  });

  it('lets a process end that closes it before it has connected', async () => {
    await using redis = await startRedis();
    const program = `
      import { redisStore } from '@postern/dns';
      await using store = await redisStore({ url: ${JSON.stringify(`redis://${redis.server}`)} });
    `;
    expect((await runModule(program, { within: 20_000 })).end).toEqual([0, null]);
  });

  it('may stall, die and come back, and every lookup is answered', async () => {
    const redis = await startRedis();
    await using store = await redisStore({ url: `redis://${redis.server}` });
    await expect.poll(async () => (await store.set('probe', 'x', 1_000), store.get('probe'))).toBe('x');
    const fresh = (): ReturnType<typeof createResolver> =>
      createResolver({ servers: [dns.server], cache: { store, storeTimeout: 5 } });
    const resolve = async (): Promise<unknown> => {
      await using resolver = fresh();
      return await resolver.resolve('a.example', 'A');
    };

    expect(await resolve()).toMatchObject(truth);
    redis.signal('SIGSTOP');
    expect(await resolve()).toMatchObject(truth);
    redis.signal('SIGCONT');
    await redis.stop();
    expect(await resolve()).toMatchObject(truth);

    await using again = await startRedis({ port: redis.port });
    expect(again.port).toBe(redis.port);
    await expect
      .poll(
        async () => (
          await store.set('probe', 'y', 10_000).catch(() => {}),
          store.get('probe').catch(() => undefined)
        ),
        { timeout: 10_000 },
      )
      .toBe('y');
    expect(await resolve()).toMatchObject(truth);
  });

  it('is simply empty while there is no server', async () => {
    await using store = await redisStore({ url: 'redis://127.0.0.1:1' });
    expect(await store.get('x')).toBeUndefined();
    await store.set('x', 'y', 1_000);
    const cache = cachedResolver(fixtureResolver(zones), { store });
    expect(await cache.resolve('a.example', 'A')).toMatchObject(truth);
  });
});
