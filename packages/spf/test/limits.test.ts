import { afterEach, describe, expect, it, vi } from 'vitest';
import { checkSpf, type SpfResult } from '@postern/spf';
import { check, resolverOf, SlowResolver, type ShortZones } from './zones.ts';

const host = { A: ['198.51.100.1'] };

/** A record with this many `a` terms that do not match. */
function withTerms(count: number, end = '-all'): ShortZones {
  const terms = Array.from({ length: count }, (_, index) => `a:h${index}.example.net`);
  return {
    'example.com': `v=spf1 ${terms.join(' ')} ${end}`,
    ...Object.fromEntries(terms.map((_, index) => [`h${index}.example.net`, host])),
  };
}

function withVoids(count: number): ShortZones {
  const terms = Array.from({ length: count }, (_, index) => `a:gone${index}.example.net`);
  return { 'example.com': `v=spf1 ${terms.join(' ')} -all` };
}

function withMx(hosts: number): ShortZones {
  const names = Array.from({ length: hosts }, (_, index) => `mx${index}.example.net`);
  return {
    'example.com': {
      TXT: [['v=spf1 mx -all']],
      MX: names.map((exchange, index) => ({ preference: index, exchange })),
    },
    ...Object.fromEntries(
      names.map((name, index) => [name, { A: [index === hosts - 1 ? '192.0.2.1' : '198.51.100.1'] }]),
    ),
  };
}

/** The client has this many names; only the last leads back to it. */
function withNames(count: number): ShortZones {
  const names = Array.from({ length: count }, (_, index) => `n${index}.example.com`);
  return {
    'example.com': 'v=spf1 ptr -all',
    '1.2.0.192.in-addr.arpa': { PTR: names },
    ...Object.fromEntries(
      names.map((name, index) => [name, { A: [index === count - 1 ? '192.0.2.1' : '198.51.100.1'] }]),
    ),
  };
}

describe('ten lookups', () => {
  it('is no error at the tenth term and permerror at the eleventh', () => {
    expect(check(withTerms(10))).toMatchObject({ result: 'fail', lookups: 10, error: null });
    expect(check(withTerms(11))).toMatchObject({
      result: 'permerror',
      lookups: 10,
      error: { code: 'lookup-limit', term: 'a:h10.example.net', domain: 'example.com' },
    });
  });

  it('counts a redirect and what the included records need', () => {
    const inner = { 'inner.example.net': 'v=spf1 a:h0.example.net a:h1.example.net -all' };
    expect(check({ ...withTerms(7, 'include:inner.example.net -all'), ...inner })).toMatchObject({
      result: 'fail',
      lookups: 10,
    });
    expect(check({ ...withTerms(8, 'include:inner.example.net -all'), ...inner }).error?.code).toBe(
      'lookup-limit',
    );
    expect(
      check({ ...withTerms(9, 'redirect=end.example.net'), 'end.example.net': 'v=spf1 -all' }),
    ).toMatchObject({ result: 'fail', lookups: 10 });
    expect(
      check({ ...withTerms(10, 'redirect=end.example.net'), 'end.example.net': 'v=spf1 -all' }).error?.code,
    ).toBe('lookup-limit');
  });

  it('counts the PTR lookup of %{p}', () => {
    expect(check(withTerms(8, 'exists:%{p}.example.org -all'))).toMatchObject({ lookups: 10, error: null });
    expect(check(withTerms(9, 'exists:%{p}.example.org -all')).error?.code).toBe('lookup-limit');
  });

  it('does not reach a term behind the one that matches', () => {
    const zones = withTerms(11);
    expect(check({ ...zones, 'h9.example.net': { A: ['192.0.2.1'] } })).toMatchObject({
      result: 'pass',
      lookups: 10,
    });
  });

  it('can be set', () => {
    expect(check(withTerms(3), { limits: { lookups: 3 } }).result).toBe('fail');
    expect(check(withTerms(4), { limits: { lookups: 3 } }).error?.code).toBe('lookup-limit');
  });

  it('ends a loop', () => {
    expect(check({ 'example.com': 'v=spf1 include:example.com' })).toMatchObject({
      result: 'permerror',
      lookups: 10,
    });
    expect(check({ 'example.com': 'v=spf1 redirect=example.com' })).toMatchObject({
      result: 'permerror',
      lookups: 10,
    });
  });
});

describe('two void lookups', () => {
  it('is no error at the second and permerror at the third', () => {
    expect(check(withVoids(2))).toMatchObject({ result: 'fail', void: 2, error: null });
    expect(check(withVoids(3))).toMatchObject({
      result: 'permerror',
      void: 3,
      error: { code: 'void-limit', term: 'a:gone2.example.net' },
    });
  });

  it('can be set', () => {
    expect(check(withVoids(4), { limits: { void: 4 } }).result).toBe('fail');
    expect(check(withVoids(5), { limits: { void: 4 } }).result).toBe('permerror');
  });

  it('counts a name that exists without an address, and does not count addresses of MX hosts', () => {
    const empty = { TXT: [['hello']] };
    const zones = {
      'example.com': 'v=spf1 a:x.example.net a:y.example.net a:z.example.net -all',
      'x.example.net': empty,
      'y.example.net': empty,
      'z.example.net': empty,
    };
    expect(check(zones).error?.code).toBe('void-limit');
    const mx = {
      'example.com': {
        TXT: [['v=spf1 mx -all']],
        MX: ['a', 'b', 'c', 'd'].map((name, preference) => ({ preference, exchange: `${name}.example.net` })),
      },
    };
    expect(check(mx)).toMatchObject({ result: 'fail', void: 0 });
  });

  it('leaves out hosts without IPv6 when asked to, and says so', () => {
    const zones = {
      'example.com': 'v=spf1 a:x.example.net a:y.example.net a:z.example.net -all',
      'x.example.net': host,
      'y.example.net': host,
      'z.example.net': host,
    };
    expect(check(zones, { ip: '2001:db8::1' }).error?.code).toBe('void-limit');
    expect(check(zones, { ip: '2001:db8::1', limits: { lenientVoid: true } })).toMatchObject({
      result: 'fail',
      void: 0,
      warnings: ['lenient-void'],
    });
    expect(check(zones, { limits: { lenientVoid: true } }).warnings).toEqual([]);
    expect(check(withVoids(3), { ip: '2001:db8::1', limits: { lenientVoid: true } }).error?.code).toBe(
      'void-limit',
    );
  });
});

describe('ten MX hosts', () => {
  it('looks at the tenth and is permerror at the eleventh', () => {
    expect(check(withMx(10))).toMatchObject({ result: 'pass', lookups: 1 });
    expect(check(withMx(11))).toMatchObject({ result: 'permerror', error: { code: 'mx-limit', term: 'mx' } });
    expect(check(withMx(3), { limits: { mx: 3 } }).result).toBe('pass');
    expect(check(withMx(4), { limits: { mx: 3 } }).result).toBe('permerror');
  });
});

describe('ten PTR names', () => {
  it('looks at the tenth and passes over the eleventh', () => {
    expect(check(withNames(10))).toMatchObject({ result: 'pass', lookups: 1 });
    expect(check(withNames(11))).toMatchObject({ result: 'fail', error: null });
    expect(check(withNames(4), { limits: { ptr: 3 } }).result).toBe('fail');
  });
});

describe('the time limit', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['is kept to the millisecond', 19_999, 'pass', undefined, false],
    ['ends the check with temperror', 20_001, 'temperror', 'time-limit', true],
  ])('%s', async (_title, delay, expected, code, aborted) => {
    vi.useFakeTimers();
    const signals: (AbortSignal | undefined)[] = [];
    const resolver = resolverOf({ 'example.com': 'v=spf1 ip4:192.0.2.1 -all' });
    const result = checkSpf(
      { ip: '192.0.2.1', helo: 'mail.example.com', sender: 'joe@example.com' },
      {
        resolver: {
          resolve: (name, type, options) => {
            signals.push(options?.signal);
            return new Promise((resolve) => setTimeout(() => resolve(resolver.resolve(name, type)), delay));
          },
        },
      },
    );
    await vi.advanceTimersByTimeAsync(20_000);
    const settled = await result;
    expect([settled.result, settled.error?.code, signals.every((signal) => signal?.aborted)]).toEqual([
      expected,
      code,
      aborted,
    ]);
    vi.runAllTimers();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not take the result away when only the explanation is late', async () => {
    const slow = new SlowResolver({
      'example.com': 'v=spf1 -all exp=why.example.com',
      'why.example.com': { TXT: [['no']] },
    });
    const query = { ip: '192.0.2.1', helo: 'mail.example.com', sender: 'joe@example.com' };
    let first = true;
    const resolver = {
      resolve: ((name, type, options) => {
        if (!first) return slow.resolve(name, type, options);
        first = false;
        return resolverOf({ 'example.com': 'v=spf1 -all exp=why.example.com' }).resolve(name, type);
      }) as typeof slow.resolve,
    };
    const result = await checkSpf(query, { resolver, limits: { time: 20 }, defaultExplanation: 'denied' });
    expect(result).toMatchObject({
      result: 'fail',
      explanation: 'denied',
      explainedBy: 'receiver',
      error: null,
    });
  });
});

describe('an abort', () => {
  const query = { ip: '192.0.2.1', helo: 'mail.example.com', sender: 'joe@example.com' };

  it('ends the check at once and stops the questions on their way', async () => {
    const abort = new AbortController();
    const resolver = new SlowResolver({ 'example.com': 'v=spf1 -all' });
    const result = checkSpf(query, { resolver, signal: abort.signal });
    abort.abort();
    expect(await result).toMatchObject({ result: 'temperror', error: { code: 'aborted' } });
    expect(resolver.aborted).toEqual(['TXT example.com']);
  });

  it('before the check asks nothing', () => {
    const resolver = new SlowResolver({});
    const result = checkSpf(query, { resolver, signal: AbortSignal.abort() }) as SpfResult;
    expect(result).toMatchObject({ result: 'temperror', error: { code: 'aborted' } });
    expect(resolver.asked).toEqual([]);
  });
});
