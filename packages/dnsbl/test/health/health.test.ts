import { createDnsbl, type Dnsbl, type ZoneHealth } from '@postern/dnsbl';
import { cachedResolver, type Zones } from '@postern/dns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listOf, mutableResolver, type MutableResolver } from '../mutable-resolver.ts';

const well = listOf('bl.example.net', { '1.1.1.1': '127.0.0.2' });
const zone = { zone: 'bl.example.net', testPoints: { ipv4: { listed: '127.0.0.2', unlisted: '127.0.0.1' } } };
const everything = (codes: string): Zones => ({ '*.bl.example.net': { A: [codes] } });
const failing = (how: 'SERVFAIL' | 'TIMEOUT'): Zones => ({ 'bl.example.net': how, '*.bl.example.net': how });

let resolver: MutableResolver;
let dnsbl: Dnsbl;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 15, 12) });
  resolver = mutableResolver(well);
  dnsbl = createDnsbl({ resolver, zones: [zone], health: { jitter: 0 } });
});
afterEach(async () => {
  await dnsbl.close();
  vi.useRealTimers();
});

const health = async (): Promise<ZoneHealth> => (await dnsbl.health())[0]!;
let next = 0;
/** The verdict about an address that nobody has asked about before. */
const verdict = async (): Promise<string> => {
  const [one] = (await dnsbl.check(`8.${(next >> 8) & 255}.${next++ & 255}.8`)).verdicts;
  return one?.status === 'error' ? one.reason : (one?.status ?? 'none');
};

describe('test points', () => {
  it('are asked for with the first address, and then every ten minutes', async () => {
    expect((await health()).state).toBe('unknown');
    await dnsbl.check('1.1.1.1');
    expect(resolver.asked).toContain('2.0.0.127.bl.example.net A');
    expect(resolver.asked).toContain('1.0.0.127.bl.example.net A');
    expect(await health()).toMatchObject({ state: 'healthy', circuit: 'closed' });
    const before = resolver.asked.length;
    await vi.advanceTimersByTimeAsync(599_000);
    expect(resolver.asked).toHaveLength(before);
    await vi.advanceTimersByTimeAsync(1000);
    expect(resolver.asked.slice(before)).toContain('2.0.0.127.bl.example.net A');
  });

  it('come at different times on different machines', async () => {
    const times = new Set<number>();
    for (let machine = 0; machine < 20; machine++) {
      const own = mutableResolver(well);
      await using other = createDnsbl({
        resolver: own,
        zones: [zone],
        health: { interval: 1_000_000, jitter: 0.2 },
      });
      await other.health({ probe: true });
      const start = Date.now();
      const asked = own.asked.length;
      while (own.asked.length === asked) await vi.advanceTimersByTimeAsync(1000);
      times.add(Date.now() - start);
    }
    expect(times.size).toBeGreaterThan(10);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(800_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(1_201_000);
  });

  it('find a list that became empty, but not one that never kept to the standard', async () => {
    await dnsbl.check('1.1.1.1');
    resolver.become({ 'bl.example.net': { TXT: [['moved']] } });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await verdict()).toBe('empty');

    await using strange = createDnsbl({ resolver: mutableResolver({}), zones: [zone] });
    expect((await strange.check('1.1.1.2')).verdicts).toMatchObject([{ status: 'clean' }]);
    expect(await strange.health()).toMatchObject([{ state: 'failing', reason: 'empty', circuit: 'closed' }]);
  });

  it('do nothing when health is off', async () => {
    await using blind = createDnsbl({
      resolver: mutableResolver(everything('127.0.0.2')),
      zones: [zone],
      health: false,
    });
    expect((await blind.check('1.1.1.1')).verdicts).toMatchObject([{ status: 'listed' }]);
    expect(await blind.health()).toMatchObject([{ state: 'unknown' }]);
  });
});

describe('the circuit', () => {
  it('opens at the fifth failure in a row and closes when the test points are right again', async () => {
    await dnsbl.check('1.1.1.1');
    resolver.become(failing('SERVFAIL'));
    for (let failure = 1; failure <= 4; failure++) expect(await verdict()).toBe('failed');
    expect(await health()).toMatchObject({ circuit: 'closed' });
    await verdict();
    expect(await health()).toMatchObject({ state: 'failing', circuit: 'open', reason: 'failed', opened: 1 });

    const asked = resolver.asked.length;
    expect(await verdict()).toBe('failed');
    expect(resolver.asked).toHaveLength(asked);

    // 1 s, 2 s, 4 s … and at most a minute between attempts.
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const { retryAt } = await health();
      waits.push(retryAt! - Date.now());
      await vi.advanceTimersByTimeAsync(retryAt! - Date.now());
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);

    resolver.become(well);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await health()).toMatchObject({ state: 'healthy', circuit: 'closed', opened: 1 });
    expect(await verdict()).toBe('clean');
  });

  it('is not opened by failures with answers in between', async () => {
    await verdict();
    for (let round = 0; round < 5; round++) {
      resolver.become(failing('SERVFAIL'));
      for (let failure = 0; failure < 4; failure++) await verdict();
      resolver.become(well);
      await verdict();
    }
    expect(await health()).toMatchObject({ state: 'healthy', opened: 0 });
    expect(await verdict()).toBe('clean');
  });

  it.each([
    ['127.255.255.254', 'open-resolver', 'failing'],
    ['127.255.255.255', 'volume', 'quota'],
    ['203.0.113.9', 'parked', 'failing'],
    ['127.0.0.2', 'lists-the-world', 'lists-the-world'],
  ])('opens when the list begins to answer %s to everything', async (codes, reason, state) => {
    await dnsbl.check('1.1.1.1');
    resolver.become(everything(codes));
    const verdicts = [];
    for (let address = 0; address < 30; address++) verdicts.push(await verdict());
    await vi.advanceTimersByTimeAsync(0);
    expect(await verdict()).toBe(reason);
    expect(await health()).toMatchObject({ state, circuit: 'open', reason });
    // A list that lists everything is found out by the run of 20 listings, 1.1.1.1 the first of them.
    const believed = verdicts.filter((one) => one === 'listed').length;
    expect(believed).toBe(reason === 'lists-the-world' ? 18 : 0);
  });

  it('forgets listings that it gave while the list already listed everything', async () => {
    await dnsbl.check('1.1.1.1');
    resolver.become(everything('127.0.0.2'));
    expect((await dnsbl.check('5.5.5.5')).verdicts).toMatchObject([{ status: 'listed' }]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect((await dnsbl.check('5.5.5.5')).verdicts).toMatchObject([
      { status: 'error', reason: 'lists-the-world' },
    ]);
  });
});

describe('a resolver that keeps answers for an hour', () => {
  let cached: Dnsbl;
  beforeEach(() => {
    cached = createDnsbl({
      resolver: cachedResolver(resolver, { minTtl: 3600, minNegativeTtl: 3600 }),
      zones: [zone],
      health: { jitter: 0 },
      cache: false,
    });
  });
  afterEach(() => cached.close());

  const status = async (address: string): Promise<string> => {
    const [one] = (await cached.check(address)).verdicts;
    return one?.status === 'error' ? one.reason : (one?.status ?? 'none');
  };

  it('does not keep the circuit open when the list is well again', async () => {
    resolver.become(everything('127.0.0.2'));
    expect(await status('6.6.6.6')).toBe('lists-the-world');
    resolver.become(well);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await cached.health()).toMatchObject([{ state: 'healthy', circuit: 'closed', opened: 1 }]);
  });

  it('does not have the listings believed that it kept while everything was listed', async () => {
    expect([await status('1.1.1.1'), await status('4.4.4.4')]).toEqual(['listed', 'clean']);
    resolver.become(everything('127.0.0.2'));
    expect(await status('5.5.5.5')).toBe('listed');
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await status('6.6.6.6')).toBe('lists-the-world');
    resolver.become(well);
    await vi.advanceTimersByTimeAsync(1000);
    expect([await status('5.5.5.5'), await status('1.1.1.1')]).toEqual(['clean', 'listed']);
    // Once nothing wrong can be kept any more, what is kept is good enough again.
    await vi.advanceTimersByTimeAsync(3_600_000);
    await status('1.1.1.1');
    const asked = resolver.asked.length;
    expect(await status('1.1.1.1')).toBe('listed');
    expect(resolver.asked).toHaveLength(asked);
  });
});

describe('the quota', () => {
  it('ends the queries of the day, and begins again at midnight UTC', async () => {
    await using small = createDnsbl({ resolver, zones: [{ ...zone, queriesADay: 10 }], cache: false });
    const statuses = [];
    for (let address = 0; address < 12; address++) {
      statuses.push((await small.check(`9.9.9.${address}`)).verdicts[0]);
    }
    expect(statuses.filter((one) => one?.status === 'clean').length).toBeLessThan(10);
    expect(statuses.at(-1)).toMatchObject({ status: 'error', reason: 'quota' });
    expect(await small.health()).toMatchObject([
      { state: 'quota', circuit: 'open', queriesToday: 10, queriesADay: 10 },
    ]);
    vi.setSystemTime(Date.UTC(2026, 0, 16, 0, 0, 1));
    expect((await small.check('9.9.9.12')).verdicts).toMatchObject([{ status: 'clean' }]);
  });
});

describe('counters', () => {
  it('are printed for Prometheus, every state with 0 or 1', async () => {
    await dnsbl.check('1.1.1.1');
    await dnsbl.check('1.1.1.1');
    resolver.become(failing('TIMEOUT'));
    await dnsbl.check('1.1.1.2');
    const text = dnsbl.metrics();
    expect(text).toContain('postern_dnsbl_verdicts_total{zone="bl.example.net",status="listed"} 1\n');
    expect(text).toContain('postern_dnsbl_errors_total{zone="bl.example.net",reason="timeout"} 1\n');
    expect(text).toContain('postern_dnsbl_state{zone="bl.example.net",state="healthy"} 1\n');
    expect(text).toContain('postern_dnsbl_state{zone="bl.example.net",state="lists-the-world"} 0\n');
    expect(text).toContain('postern_dnsbl_kept_verdicts_total{found="yes"} 1\n');
    expect(text).toMatch(/postern_dnsbl_answer_seconds_bucket\{zone="bl\.example\.net",le="\+Inf"\} \d+\n/);
    // The text format of Prometheus: every line a comment or a sample.
    const lines = text.trimEnd().split('\n');
    expect(
      lines.filter(
        (line) => !/^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"]*",?)+\})? -?[\d.e+-]+)$/.test(line),
      ),
    ).toEqual([]);
  });
});
