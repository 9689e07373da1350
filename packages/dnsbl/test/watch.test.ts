import { createDnsbl, type WatchEvent } from '@postern/dnsbl';
import { describe, expect, it } from 'vitest';
import { listOf, mutableResolver } from './mutable-resolver.ts';

const short = ({ type, subject, ...event }: WatchEvent): string =>
  `${type} ${subject} ${'zone' in event ? event.zone : ''}`.trim();

describe('watch', () => {
  it('reports listings and delistings, and neither when a list fails', async () => {
    const clean = { ...listOf('bl.example.net', {}), ...listOf('bl.example.org', {}) };
    const listed = { ...clean, ...listOf('bl.example.net', { '5.5.5.5': '127.0.0.2' }) };
    const failed = { ...clean, 'bl.example.net': 'SERVFAIL', '*.bl.example.net': 'SERVFAIL' } as const;
    const rounds = [clean, listed, listed, failed, failed, listed, clean];
    const resolver = mutableResolver(clean);
    await using dnsbl = createDnsbl({
      resolver,
      zones: ['bl.example.net', 'bl.example.org'],
      cache: false,
      health: false,
    });

    const abort = new AbortController();
    let round = 0;
    const watched = dnsbl.watch({
      addresses: ['5.5.5.5', '10.0.0.1'],
      domains: ['example.com'],
      interval: 1,
      signal: abort.signal,
    });
    const events: string[] = [];
    const turn = setInterval(() => {
      round++;
      if (round >= rounds.length) abort.abort();
      else resolver.become(rounds[round]!);
    }, 50);
    for await (const event of watched) events.push(short(event));
    clearInterval(turn);
    expect(events).toEqual([
      'problem 10.0.0.1',
      'listed 5.5.5.5 bl.example.net',
      'unknown 5.5.5.5 bl.example.net',
      'unknown example.com bl.example.net',
      'delisted 5.5.5.5 bl.example.net',
    ]);
  });

  it('ends when the loop is left', async () => {
    await using dnsbl = createDnsbl({
      resolver: mutableResolver(listOf('bl.example.net', { '5.5.5.5': '127.0.0.2' })),
      zones: ['bl.example.net'],
    });
    for await (const event of dnsbl.watch({ addresses: ['5.5.5.5'] })) {
      expect(event).toMatchObject({
        type: 'listed',
        verdict: { reason: 'see https://bl.example.net/?ip=5.5.5.5' },
      });
      break;
    }
  });
});
