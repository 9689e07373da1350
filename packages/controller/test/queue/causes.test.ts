import { describe, expect, it } from 'vitest';
import type { QueueMessage } from '../../src/queue/message.ts';
import { nameCauses, type Cause } from '../../src/queue/triage/causes.ts';
import { Census } from '../../src/queue/triage/census.ts';
import { releaseOrder, releasePace } from '../../src/queue/triage/release.ts';
import { remedyPlan } from '../../src/queue/triage/remedy.ts';
import type { MailSettings } from '../../src/queue/triage/settings.ts';

const settings: MailSettings = {
  version: '3.7.11',
  raw: new Map([['smtpd_sender_restrictions', 'permit_mynetworks']]),
  expanded: new Map([
    ['queue_run_delay', '300s'],
    ['minimal_backoff_time', '300s'],
    ['maximal_backoff_time', '4000s'],
    ['bounce_queue_lifetime', '5d'],
  ]),
  commit: 0.01,
};

function mail(count: number, make: (index: number) => Partial<QueueMessage>): QueueMessage[] {
  return Array.from({ length: count }, (_, index) => ({
    queue: 'hold' as const,
    id: `AAAAA${String(index).padStart(4, '0')}`,
    arrived: 1_800_000_000 + index,
    size: 1000,
    sender: `user${index}@example.no`,
    recipients: [{ address: `a@d${index % 50}.example`, reason: '' }],
    ...make(index),
  }));
}

function causesOf(messages: readonly QueueMessage[], accounts: [string, string][] = []): Cause[] {
  const census = new Census();
  for (const message of messages) census.add(message);
  const none = { count: 0, forOurRecipients: 0, unknownUser: 0 };
  return nameCauses(messages.length, none, census, settings, new Map(accounts));
}

describe('the cause', () => {
  it('is none in a queue like any other', () => {
    expect(causesOf(mail(1000, () => ({})))).toEqual([]);
  });

  it('is an account that sends to very many strangers, which is then refused', () => {
    const spam = mail(600, () => ({ sender: 'kari@example.no' }));
    const causes = causesOf([...spam, ...mail(400, () => ({}))], [['kari@example.no', 'kari']]);
    expect(causes).toMatchObject([
      { id: 'compromised-account', confidence: 'certain', about: 'kari', messages: 600 },
    ]);
    expect(remedyPlan('mx', settings, causes, 1000).changes).toMatchObject([
      {
        name: 'smtpd_sender_restrictions',
        value:
          'check_sasl_access inline:{ { kari = REJECT This account is locked; ask your postmaster } }, permit_mynetworks',
      },
    ]);
  });

  it('never carries a sender’s own text into a setting', () => {
    const sender = 'x}, permit\n evil@example.no';
    const causes = causesOf(mail(600, () => ({ sender })));
    expect(causes).toMatchObject([{ id: 'compromised-account' }]);
    expect(remedyPlan('mx', settings, causes, 1000).changes).toEqual([]);
  });

  it('is a newsletter’s sender only where it has very many domains', () => {
    const toOne = mail(600, () => ({
      sender: 'news@example.no',
      recipients: [{ address: 'a@one.example', reason: '' }],
    }));
    expect(causesOf(toOne)).toEqual([]);
  });

  it('is a destination that does not answer, which gets a lane of its own and goes last', () => {
    const reason = 'connect to mx.dead.example[192.0.2.1]:25: Connection timed out';
    const dead = mail(300, () => ({ recipients: [{ address: 'a@dead.example', reason }] }));
    const alive = mail(300, (index) => ({ id: `BBBBB${index + 1000}` }));
    const causes = causesOf([...dead, ...alive]);
    expect(causes).toMatchObject([{ id: 'dead-destination', about: 'dead.example', messages: 300 }]);
    expect(remedyPlan('mx', settings, causes, 600).changes).toMatchObject([
      { type: 'put-service', service: { name: 'slow' } },
      { name: 'slow_destination_concurrency_limit' },
      { name: 'transport_maps', value: 'inline:{ { dead.example = slow: } }' },
    ]);
    const order = releaseOrder([...dead, ...alive], causes);
    expect(order.slice(0, 300).every(({ id }) => id.startsWith('B'))).toBe(true);
    expect(order).toHaveLength(600);
  });

  it('is a filter of this machine that is down, which no setting mends', () => {
    const reason = 'connect to 127.0.0.1[127.0.0.1]:10024: Connection refused';
    const causes = causesOf(
      mail(300, (index) => ({ recipients: [{ address: `a@d${index}.example`, reason }] })),
    );
    expect(causes).toMatchObject([{ id: 'filter-down', messages: 300 }]);
    expect(remedyPlan('mx', settings, causes, 300).changes).toEqual([]);
    expect(remedyPlan('mx', settings, causes, 50_000).changes).toMatchObject([
      { name: 'minimal_backoff_time', value: '1000s' },
    ]);
  });
});

it('paces a release by what a commit takes', () => {
  expect(releasePace(0.01)).toMatchObject({ perSecond: 12 });
  expect(releasePace(10)).toMatchObject({ perSecond: 1 });
  expect(releasePace(0.000_001)).toMatchObject({ perSecond: 200 });
  expect(releasePace(undefined).because).toContain('assumed');
});
