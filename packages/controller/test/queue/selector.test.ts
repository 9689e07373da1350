import { describe, expect, it } from 'vitest';
import type { QueueMessage } from '../../src/queue/message.ts';
import { hashKey, isQueueId } from '../../src/queue/queue-id.ts';
import { matcher, type QueueSelector } from '../../src/queue/selector.ts';
import { Summariser } from '../../src/queue/summary.ts';

const now = 1_800_000_000;
const message: QueueMessage = {
  queue: 'deferred',
  id: '8FCD15176',
  arrived: now - 3600,
  size: 2000,
  sender: 'News@Example.no',
  recipients: [
    {
      address: 'kari@Customer.example',
      reason: 'connect to mx.customer.example[192.0.2.1]:25: Connection refused',
    },
    { address: 'ola@other.example', reason: '' },
  ],
};
const matches = (selector: QueueSelector, one = message): boolean => matcher(selector, now)(one);

describe('a selector', () => {
  it.each([
    [{}],
    [{ sender: 'news@example.no' }],
    [{ recipient: 'OLA@other.example' }],
    [{ domain: 'customer.example' }],
    [{ domain: '@customer.example', sender: 'news@example.no' }],
    [{ queue: 'deferred' }],
    [{ reason: 'connection REFUSED' }],
    [{ olderThan: 3600 }],
    [{ youngerThan: 3601 }],
    [{ largerThan: 2000 }],
    [{ smallerThan: 2001 }],
    [{ nullSender: false }],
    [{ ids: ['8FCD15176'] }],
  ] as [QueueSelector][])('%o takes it', (selector) => expect(matches(selector)).toBe(true));

  it.each([
    [{ sender: 'news@example' }],
    [{ sender: '' }],
    [{ sender: '<>' }],
    [{ recipient: 'nobody@other.example' }],
    [{ domain: 'example' }],
    [{ queue: 'hold' }],
    [{ reason: 'timed out' }],
    [{ olderThan: 3601 }],
    [{ youngerThan: 3600 }],
    [{ largerThan: 2001 }],
    [{ smallerThan: 2000 }],
    [{ nullSender: true }],
    [{ ids: [] }],
    [{ domain: 'customer.example', queue: 'hold' }],
  ] as [QueueSelector][])('%o leaves it', (selector) => expect(matches(selector)).toBe(false));

  it('finds the null sender by any of its names', () => {
    const bounce = { ...message, sender: '' };
    for (const selector of [{ sender: '' }, { sender: '<>' }, { nullSender: true }])
      expect(matches(selector, bounce)).toBe(true);
  });

  it('refuses what is no id', () => {
    expect(() => matcher({ ids: ['8FCD; rm -rf /'] }, now)).toThrow('is no queue id');
  });
});

describe('a queue id', () => {
  it('is short or long', () => {
    for (const id of ['8FCD15176', '4gQz3k1Wm5z1Ds', '3Zyg4J1GbCz4b'])
      expect([id, isQueueId(id)]).toEqual([id, true]);
    for (const id of ['', '-', 'ALL', '-h', '../8FCD15176', '8FCD15176\n', '8fcd15176', '4gQz3k1Wm5y1Ds'])
      expect([id, isQueueId(id)]).toEqual([id, false]);
  });

  it('is filed by its microseconds', () => {
    expect(hashKey('8FCD15176')).toBe('8FCD15176');
    // 11 × 52³ + 1 × 52² + 0 × 52 + 51 in the digits of base 52
    expect(hashKey('4gQz3kC10zz1Ds')).toBe((11 * 52 ** 3 + 52 ** 2 + 51).toString(16).toUpperCase());
  });
});

it('counts a message once for each of its domains and reasons, and a name that is a trap as any other', () => {
  const summariser = new Summariser(now);
  summariser.add(message);
  summariser.add({
    ...message,
    sender: '',
    recipients: [{ address: 'a@__proto__', reason: '' }],
    arrived: now,
  });
  const summary = summariser.result();
  expect(summary).toMatchObject({
    total: 2,
    size: 4000,
    byQueue: { deferred: 2 },
    bySender: { 'News@Example.no': 1, 'MAILER-DAEMON': 1 },
    byReason: { 'connect to mx.customer.example[…]:25: Connection refused': 1 },
  });
  expect(Object.entries(summary.byRecipientDomain).toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
    ['__proto__', 1],
    ['customer.example', 1],
    ['other.example', 1],
  ]);
  expect(summary.byAge).toMatchObject({ '<5': 1, '<80': 1 });
});
