import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  cachedResolver,
  type Answer,
  type CacheOptions,
  type RecordType,
  type Resolver,
} from '../../src/index.ts';

/** A resolver that counts and answers what the test says, when the test says. */
function upstream(answers: Record<string, Answer>) {
  const asked: string[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  let hold: Promise<void> | undefined;
  let letGo = (): void => {};
  const resolver: Resolver = {
    async resolve<T extends RecordType>(name: string, _type: T, options?: { signal?: AbortSignal }) {
      asked.push(name);
      signals.push(options?.signal);
      await hold;
      return (answers[name] ?? { status: 'nxdomain', ttl: 0 }) as Answer<T>;
    },
  };
  return {
    resolver,
    asked,
    signals,
    answers,
    pause: () => {
      hold = new Promise((resolve) => (letGo = resolve));
    },
    resume: () => letGo(),
  };
}

const found = (ttl: number): Answer => ({ status: 'found', records: ['192.0.2.1'], ttl });
const servfail: Answer = { status: 'failed', reason: 'servfail' };

function setUp(answers: Record<string, Answer>, options: CacheOptions = {}) {
  const dns = upstream(answers);
  return { ...dns, cache: cachedResolver(dns.resolver, options) };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);

describe('a cache', () => {
  it('answers at once and without a promise, with the TTL that is left', async () => {
    const { cache, asked } = setUp({ 'a.example': found(60) });
    expect(await cache.resolve('a.example', 'A')).toEqual(found(60));
    pass(10);
    expect(cache.resolve('a.example', 'A')).toEqual(found(50));
    expect(cache.resolve('A.Example.', 'A')).toEqual(found(50));
    pass(49.5);
    expect(cache.resolve('a.example', 'A')).toEqual(found(0));
    pass(0.5);
    expect(cache.resolve('a.example', 'A')).toBeInstanceOf(Promise);
    expect(asked).toHaveLength(2);
  });

  it('asks anew where a fresh answer is asked for, and keeps that one instead', async () => {
    const { cache, asked, answers } = setUp({ 'a.example': found(600) });
    await cache.resolve('a.example', 'A');
    answers['a.example'] = { status: 'nxdomain', ttl: 30 };
    expect(cache.resolve('a.example', 'A')).toEqual(found(600));
    const [one, other] = ['A.example', 'a.example'].map((name) => cache.resolve(name, 'A', { fresh: true }));
    expect([await one, await other]).toEqual([answers['a.example'], answers['a.example']]);
    expect(asked).toHaveLength(2);
    expect(cache.resolve('a.example', 'A')).toEqual(answers['a.example']);
  });

  it('says that no fresh answer can be had rather than give an old one', async () => {
    const { cache, answers } = setUp({ 'a.example': found(600) }, { serveStale: true });
    await cache.resolve('a.example', 'A');
    answers['a.example'] = servfail;
    expect(await cache.resolve('a.example', 'A', { fresh: true })).toEqual(servfail);
    expect(await cache.resolve('..', 'A', { fresh: true })).toMatchObject({ reason: 'bad-name' });
  });

  it('keeps what the server says of DNSSEC, and forgets it when the answer has run out', async () => {
    const proven: Record<string, Answer> = {
      'a.example': { status: 'found', records: ['192.0.2.1'], ttl: 60, authenticated: true },
      'none.example': { status: 'nxdomain', ttl: 60, authenticated: true },
      'plain.example': found(60),
    };
    const { cache, answers } = setUp({ ...proven }, { serveStale: true, maxTtl: 50 });
    for (const name of Object.keys(proven)) await cache.resolve(name, 'A');
    pass(10);
    expect(cache.resolve('a.example', 'A')).toEqual({ ...proven['a.example'], ttl: 40 });
    expect(cache.resolve('none.example', 'A')).toEqual({ ...proven['none.example'], ttl: 50 });
    expect(cache.resolve('plain.example', 'A')).toEqual(found(40));
    answers['a.example'] = servfail;
    pass(50);
    expect(await cache.resolve('a.example', 'A')).toEqual({ ...found(30), stale: true });
    expect(cache.resolve('a.example', 'A')).toEqual({ ...found(30), stale: true });
  });

  it('keeps types apart', async () => {
    const { cache, asked } = setUp({ 'a.example': found(60) });
    await cache.resolve('a.example', 'A');
    await cache.resolve('a.example', 'TXT');
    expect(asked).toHaveLength(2);
  });

  it('keeps "there is none" for as long as the SOA says, and not at all without one', async () => {
    const { cache, asked } = setUp({
      'none.example': { status: 'nxdomain', ttl: 30 },
      'bare.example': { status: 'nodata', ttl: 0 },
    });
    await cache.resolve('none.example', 'A');
    pass(29);
    expect(cache.resolve('none.example', 'A')).toEqual({ status: 'nxdomain', ttl: 1 });
    pass(1);
    await cache.resolve('none.example', 'A');
    await cache.resolve('bare.example', 'A');
    await cache.resolve('bare.example', 'A');
    expect(asked).toEqual(['none.example', 'none.example', 'bare.example', 'bare.example']);
  });

  it.each([
    ['minTtl', { minTtl: 60 }, found(1), 60],
    ['maxTtl', { maxTtl: 60 }, found(1_000), 60],
    ['the default maxTtl', {}, found(1_000_000), 86_400],
    ['minNegativeTtl', { minNegativeTtl: 60 }, { status: 'nodata', ttl: 0 } satisfies Answer, 60],
    ['maxNegativeTtl', { maxNegativeTtl: 60 }, { status: 'nxdomain', ttl: 900 } satisfies Answer, 60],
    ['the default maxNegativeTtl', {}, { status: 'nxdomain', ttl: 86_400 } satisfies Answer, 3_600],
    ['failureTtl', { failureTtl: 20 }, servfail, 20],
    ['the default failureTtl', {}, servfail, 1],
  ])('keeps an answer within the clamps: %s', async (_clamp, options, answer, seconds) => {
    const { cache, asked } = setUp({ 'a.example': answer }, options);
    await cache.resolve('a.example', 'A');
    pass(seconds - 0.001);
    await cache.resolve('a.example', 'A');
    expect(asked).toHaveLength(1);
    pass(0.001);
    await cache.resolve('a.example', 'A');
    expect(asked).toHaveLength(2);
  });

  it('refuses what is no name and who has left, without asking', () => {
    const { cache, asked } = setUp({});
    expect(cache.resolve('a..b', 'A')).toMatchObject({ status: 'failed', reason: 'bad-name' });
    expect(cache.resolve('a.b', 'A', { signal: AbortSignal.abort() })).toMatchObject({ reason: 'aborted' });
    expect(asked).toEqual([]);
  });

  it('stays within its memory and drops what is not asked for', async () => {
    const { cache, asked } = setUp({}, { maxBytes: 40_000, minNegativeTtl: 600 });
    const ask = async (name: string): Promise<void> => void (await cache.resolve(name, 'A'));
    await ask('loved.example');
    for (let at = 0; at < 1_000; at++) {
      await ask(`n${at}.example`);
      await ask('loved.example');
      expect(cache.bytes).toBeLessThanOrEqual(40_000);
    }
    expect(asked.filter((name) => name === 'loved.example')).toHaveLength(1);
    await ask('n999.example');
    expect(asked).toHaveLength(1_001);
    cache.clear();
    expect(cache.bytes).toBe(0);
    expect(cache.resolve('loved.example', 'A')).toBeInstanceOf(Promise);
  });

  it('gives what the resolver would have given, whatever is asked in whatever order', async () => {
    const names = ['a', 'b', 'c', 'd'].map((label) => `${label}.example`);
    const step = fc.oneof(
      fc.record({ name: fc.constantFrom(...names), pass: fc.constant(0) }),
      fc.record({ name: fc.constant(''), pass: fc.nat(20) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { cache, asked } = setUp(
          { 'a.example': found(5), 'b.example': found(11), 'c.example': { status: 'nodata', ttl: 7 } },
          { maxBytes: 8_000 },
        );
        const fetched = new Map<string, number>();
        for (const { name, pass: seconds } of steps) {
          pass(seconds);
          if (name === '') continue;
          const before = asked.length;
          const answer = await cache.resolve(name, 'A');
          if (asked.length > before) fetched.set(name, performance.now());
          const age = (performance.now() - (fetched.get(name) ?? Number.NaN)) / 1000;
          const ttl = { 'a.example': 5, 'b.example': 11, 'c.example': 7 }[name] ?? 0;
          expect(answer).toMatchObject({ ttl: ttl - age });
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('equal lookups under way', () => {
  it('are one, for a thousand callers', async () => {
    const { cache, asked, pause, resume } = setUp({ 'a.example': found(60) });
    pause();
    const answers = Array.from({ length: 1_000 }, async (_, at) =>
      cache.resolve(at % 2 ? 'a.example' : 'A.EXAMPLE.', 'A'),
    );
    resume();
    expect(new Set(await Promise.all(answers)).size).toBe(1);
    expect(asked).toHaveLength(1);
  });

  it('go on when one caller leaves, whoever began them', async () => {
    const { cache, signals, pause, resume } = setUp({ 'a.example': found(60) });
    pause();
    const [first, second] = [new AbortController(), new AbortController()];
    const leaving = cache.resolve('a.example', 'A', { signal: first.signal });
    const staying = cache.resolve('a.example', 'A', { signal: second.signal });
    first.abort();
    expect(await leaving).toEqual({ status: 'failed', reason: 'aborted' });
    expect(signals[0]?.aborted).toBe(false);
    resume();
    expect(await staying).toEqual(found(60));
  });

  it('end when the last caller has left, and the next one begins anew', async () => {
    const { cache, asked, signals, pause, resume } = setUp({ 'a.example': found(60) });
    pause();
    const leaving = [new AbortController(), new AbortController()];
    const answers = leaving.map(async ({ signal }) => cache.resolve('a.example', 'A', { signal }));
    for (const controller of leaving) controller.abort();
    expect(await Promise.all(answers)).toEqual([1, 2].map(() => ({ status: 'failed', reason: 'aborted' })));
    expect(signals[0]?.aborted).toBe(true);
    const next = cache.resolve('a.example', 'A');
    expect(asked).toHaveLength(2);
    resume();
    expect(await next).toEqual(found(60));
  });

  it('are not called off while somebody waits who cannot leave', async () => {
    const { cache, signals, pause, resume } = setUp({ 'a.example': found(60) });
    pause();
    const leaving = new AbortController();
    void cache.resolve('a.example', 'A', { signal: leaving.signal });
    const staying = cache.resolve('a.example', 'A');
    leaving.abort();
    expect(signals[0]?.aborted).toBe(false);
    resume();
    expect(await staying).toEqual(found(60));
  });
});

describe('an answer that has run out', () => {
  const options: CacheOptions = { serveStale: { maxAge: 100, patience: 500 } };
  const stale = { ...found(30), stale: true };

  it('is not given unless asked for', async () => {
    const { cache, answers } = setUp({ 'a.example': found(10) });
    await cache.resolve('a.example', 'A');
    answers['a.example'] = servfail;
    pass(10);
    expect(await cache.resolve('a.example', 'A')).toEqual(servfail);
  });

  it('bridges a failure, and for half a minute without another try', async () => {
    const { cache, asked, answers } = setUp({ 'a.example': found(10) }, options);
    await cache.resolve('a.example', 'A');
    answers['a.example'] = servfail;
    pass(10);
    expect(await cache.resolve('a.example', 'A')).toEqual(stale);
    expect(cache.resolve('a.example', 'A')).toEqual(stale);
    expect(asked).toHaveLength(2);
    pass(30);
    answers['a.example'] = found(20);
    expect(await cache.resolve('a.example', 'A')).toEqual(found(20));
  });

  it('is given to who has waited long enough, and the fresh one to who comes later', async () => {
    const { cache, answers, pause, resume } = setUp({ 'a.example': found(10) }, options);
    await cache.resolve('a.example', 'A');
    answers['a.example'] = found(99);
    pass(10);
    pause();
    const waiting = cache.resolve('a.example', 'A');
    pass(0.5);
    expect(await waiting).toEqual(stale);
    resume();
    await new Promise((next) => setImmediate(next));
    expect(cache.resolve('a.example', 'A')).toEqual(found(99));
  });

  it('is given no longer than maxAge, and never in place of a name that is gone', async () => {
    const { cache, answers } = setUp({ 'a.example': found(10), 'b.example': found(10) }, options);
    await cache.resolve('a.example', 'A');
    await cache.resolve('b.example', 'A');
    answers['a.example'] = servfail;
    answers['b.example'] = { status: 'nxdomain', ttl: 5 };
    pass(10);
    expect(await cache.resolve('b.example', 'A')).toEqual({ status: 'nxdomain', ttl: 5 });
    pass(100);
    expect(await cache.resolve('a.example', 'A')).toEqual(servfail);
  });

  it('lets a caller leave while it waits', async () => {
    const { cache, pause, resume } = setUp({ 'a.example': found(10) }, options);
    await cache.resolve('a.example', 'A');
    pass(10);
    pause();
    const leaving = new AbortController();
    const waiting = cache.resolve('a.example', 'A', { signal: leaving.signal });
    leaving.abort();
    expect(await waiting).toEqual({ status: 'failed', reason: 'aborted' });
    resume();
  });
});
