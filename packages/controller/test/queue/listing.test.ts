import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Listing } from '../../src/queue/listing.ts';
import type { QueueMessage } from '../../src/queue/message.ts';

function read(text: string, size = 7): { messages: QueueMessage[]; listing: Listing } {
  const messages: QueueMessage[] = [];
  const listing = new Listing((message) => messages.push(message));
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) listing.feed(bytes.subarray(at, at + size));
  listing.end();
  return { messages, listing };
}

const json = (fields: object): string =>
  `${JSON.stringify({ queue_name: 'deferred', queue_id: '8FCD15176', arrival_time: 1795450594, message_size: 2574, forced_expire: false, sender: 'MAILER-DAEMON', recipients: [{ address: 'kari@example.no', delay_reason: 'deferred transport' }], ...fields })}\n`;

describe('postqueue -j', () => {
  it('is read whatever pieces it arrives in, and the null sender is empty', () => {
    const text = json({}) + json({ queue_id: '4gQz3k1Wm5z1Ds', queue_name: 'hold', sender: 'ås@example.no' });
    for (const size of [1, 7, 64, 10_000]) {
      expect(read(text, size).messages).toEqual([
        {
          queue: 'deferred',
          id: '8FCD15176',
          arrived: 1795450594,
          size: 2574,
          sender: '',
          recipients: [{ address: 'kari@example.no', reason: 'deferred transport' }],
        },
        expect.objectContaining({ queue: 'hold', id: '4gQz3k1Wm5z1Ds', sender: 'ås@example.no' }),
      ]);
    }
  });

  it('tells a sender of that name from the null sender', () => {
    expect(read(json({ sender: 'MAILER-DAEMON@example.no' })).messages[0]?.sender).toBe(
      'MAILER-DAEMON@example.no',
    );
  });

  it.each([
    ['an id that is a path', json({ queue_id: '../../etc' })],
    ['an id with a command in it', json({ queue_id: '8FCD1$(id)' })],
    ['a queue that is none', json({ queue_name: 'trash' })],
    ['a size that is no number', json({ message_size: '1' })],
    ['half a line', json({}).slice(0, 80)],
    ['a warning', 'postqueue: warning: Mail system is down -- accessing queue directly\u001B[2J\n'],
    ['null', '{}\n'],
  ])('goes on after %s', (_, line) => {
    const { messages, listing } = read(`${json({})}${line.trimEnd()}\n${json({ queue_id: 'AAAAAAAAA' })}`);
    expect(messages.map(({ id }) => id)).toEqual(['8FCD15176', 'AAAAAAAAA']);
    expect(listing.unreadable).toBe(1);
    expect(listing.problems[0]).toMatchObject({ line: 2 });
    // oxlint-disable-next-line no-control-regex -- none may be left
    expect(listing.problems[0]?.message).not.toMatch(/[\x00-\x1f]/);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
        (text) => {
          expect(read(`${json({})}${text}`).messages[0]?.id).toBe('8FCD15176');
        },
      ),
    );
  });
});

const table = (now: string, rows: string): string => `clock ${Date.parse(now) / 1000} +0100
-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------
${rows}
-- 5 Kbytes in 2 Requests.
`;

describe('postqueue -p, before Postfix 3.1', () => {
  const rows = `8FCD15176*     2574 Mon Nov 23 16:16:34  MAILER-DAEMON
                                         kari@example.no

8E90B4F28!      311 Thu Dec 31 23:59:59  news@example.no
          (connect to mx.example.net[192.0.2.1]:25: Connection refused)
                                         a@example.net
                                         b@example.net
(mail transport unavailable)
                                         c@example.org
`;

  it('has queues by their marks, reasons before their recipients, and local times without a year', () => {
    const { messages, listing } = read(
      table('2027-01-01T12:00:00Z', rows.replace('\n(mail', '\n          (mail')),
    );
    expect(listing.problems).toEqual([]);
    expect(messages).toEqual([
      {
        queue: 'active',
        id: '8FCD15176',
        arrived: Date.parse('2026-11-23T15:16:34Z') / 1000,
        size: 2574,
        sender: '',
        recipients: [{ address: 'kari@example.no', reason: '' }],
      },
      {
        queue: 'hold',
        id: '8E90B4F28',
        arrived: Date.parse('2026-12-31T22:59:59Z') / 1000,
        size: 311,
        sender: 'news@example.no',
        recipients: [
          { address: 'a@example.net', reason: 'connect to mx.example.net[192.0.2.1]:25: Connection refused' },
          { address: 'b@example.net', reason: 'connect to mx.example.net[192.0.2.1]:25: Connection refused' },
          { address: 'c@example.org', reason: 'mail transport unavailable' },
        ],
      },
    ]);
  });

  it('is empty without a complaint', () => {
    expect(read('clock 1795450594 +0000\nMail queue is empty\n')).toMatchObject({
      messages: [],
      listing: { problems: [] },
    });
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
        (text) => {
          expect(() => read(table('2027-01-01T12:00:00Z', text))).not.toThrow();
        },
      ),
    );
  });
});
