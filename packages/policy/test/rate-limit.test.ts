import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decide,
  memoryCounters,
  rateLimitHandler,
  readRequest,
  type LimitExceeded,
  type RateLimit,
} from '../src/index.ts';

const neverStops = new AbortController().signal;

function limiter(limits: readonly RateLimit[], onExceeded?: (event: LimitExceeded) => void) {
  const handler = rateLimitHandler({
    limits,
    counters: memoryCounters(),
    ...(onExceeded ? { onExceeded } : {}),
  });
  return async (attributes: Record<string, string>): Promise<string> => {
    const { action } = await decide([handler], readRequest(attributes), neverStops);
    return action.type;
  };
}

describe('memory counters', () => {
  it('never let more through in any window than the limit, whatever the times and costs', () => {
    const event = fc.record({ wait: fc.nat(40_000), cost: fc.integer({ min: 1, max: 4 }) });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), fc.integer({ min: 1, max: 10 }), (events, limit) => {
        let time = 1_000_000;
        const counters = memoryCounters({ now: () => time });
        const passed: { time: number; cost: number }[] = [];
        for (const { wait, cost } of events) {
          time += wait;
          const result = counters.charge([{ key: 'k', cost, limit, window: 60 }]);
          if ('allowed' in result && result.allowed) passed.push({ time, cost });
        }
        for (const { time: end } of passed) {
          const inWindow = passed.filter((other) => other.time <= end && other.time > end - 60_000);
          expect(inWindow.reduce((sum, { cost }) => sum + cost, 0)).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  it('let through again at most a sixtieth of the window late', () => {
    let time = 5_000;
    const counters = memoryCounters({ now: () => time });
    const charge = (): unknown => counters.charge([{ key: 'k', cost: 1, limit: 1, window: 60 }]);
    expect(charge()).toMatchObject({ allowed: true });
    time += 59_000;
    expect(charge()).toMatchObject({ allowed: false });
    time += 2_001;
    expect(charge()).toMatchObject({ allowed: true });
  });

  it('make no charge at all when one of them exceeds its limit', () => {
    const counters = memoryCounters();
    const charges = [
      { key: 'a', cost: 1, limit: 5, window: 60 },
      { key: 'b', cost: 1, limit: 0, window: 60 },
    ];
    expect(counters.charge(charges)).toEqual({ allowed: false, used: [0, 0], exceeded: [1] });
    expect(counters.charge([charges[0]!])).toMatchObject({ used: [1] });
  });

  it('forget the key that was used least recently when there are too many', () => {
    const counters = memoryCounters({ mostKeys: 2 });
    const charge = (key: string): unknown => counters.charge([{ key, cost: 1, limit: 1, window: 60 }]);
    for (const key of ['a', 'b', 'c']) charge(key);
    expect(charge('c')).toMatchObject({ allowed: false });
    expect(charge('a')).toMatchObject({ allowed: true });
  });
});

describe('the rate-limit handler', () => {
  const perUser: RateLimit = { per: 'user', count: 'recipients', limit: 3, window: 3600 };
  const rcpt = (instance: string, extra: Record<string, string> = {}): Record<string, string> => ({
    protocol_state: 'RCPT',
    instance,
    sasl_username: 'kari',
    recipient_count: '0',
    ...extra,
  });

  it('lets exactly the limit through and then defers', async () => {
    const ask = limiter([perUser]);
    expect(await ask(rcpt('m1'))).toBe('dunno');
    expect(await ask(rcpt('m1'))).toBe('dunno');
    expect(await ask(rcpt('m2'))).toBe('dunno');
    expect(await ask(rcpt('m3'))).toBe('defer');
    expect(await ask(rcpt('m4', { sasl_username: 'ola' }))).toBe('dunno');
  });

  it('counts no recipient twice when it is asked at RCPT and at END-OF-MESSAGE', async () => {
    const ask = limiter([perUser]);
    await ask(rcpt('m1'));
    await ask(rcpt('m1'));
    expect(await ask(rcpt('m1', { protocol_state: 'END-OF-MESSAGE', recipient_count: '2' }))).toBe('dunno');
    expect(await ask(rcpt('m2'))).toBe('dunno');
    expect(await ask(rcpt('m2'))).toBe('defer');
  });

  it('counts all recipients of a message at END-OF-MESSAGE alone', async () => {
    const ask = limiter([perUser]);
    const end = (instance: string, count: number): Promise<string> =>
      ask(rcpt(instance, { protocol_state: 'END-OF-MESSAGE', recipient_count: String(count) }));
    expect(await end('m1', 2)).toBe('dunno');
    expect(await end('m2', 2)).toBe('defer');
    expect(await end('m3', 1)).toBe('dunno');
  });

  it('counts a message once, whatever its recipients', async () => {
    const ask = limiter([
      { per: 'client', count: 'messages', limit: 1, window: 60, action: { type: 'hold' } },
    ]);
    const at = (instance: string): Promise<string> => ask(rcpt(instance, { client_address: '192.0.2.1' }));
    expect(await at('m1')).toBe('dunno');
    expect(await at('m1')).toBe('dunno');
    expect(await at('m2')).toBe('hold');
  });

  it('says nothing of clients that are not logged in under a limit per user', async () => {
    const ask = limiter([{ ...perUser, limit: 0 }]);
    expect(await ask({ protocol_state: 'RCPT', instance: 'm1' })).toBe('dunno');
  });

  it('takes sender domains without regard to case and leaves the null sender alone', async () => {
    const ask = limiter([{ per: 'sender-domain', count: 'messages', limit: 1, window: 60 }]);
    const from = (sender: string, instance: string): Promise<string> => ask({ ...rcpt(instance), sender });
    expect(await from('a@Example.com', 'm1')).toBe('dunno');
    expect(await from('b@example.COM', 'm2')).toBe('defer');
    expect(await from('', 'm3')).toBe('dunno');
  });

  it('raises one event for a burst', async () => {
    const events: LimitExceeded[] = [];
    const ask = limiter([{ ...perUser, limit: 1 }], (event) => void events.push(event));
    for (const instance of ['m1', 'm2', 'm3', 'm4']) await ask(rcpt(instance));
    expect(events.map(({ who, used }) => [who, used])).toEqual([['kari', 1]]);
  });
});
