import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { observeScript, parseObservation, workloadOf } from '../src/index.ts';
import { probeOutput } from './frame.ts';

const folder = mkdtempSync(join(tmpdir(), 'observe-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An hour of a log: a session of two seconds every 20 s, and what became of its message. */
function logText(stamp: (seconds: number) => string): string {
  const lines: string[] = [];
  for (let index = 0; index < 180; index++) {
    const at = index * 20;
    const fate =
      index % 10 === 0
        ? 'relay=none, delay=9, delays=0/0/9/0, dsn=4.4.3, status=deferred (Host or domain name not found. Name service error for name=x.example type=MX: Host not found, try again)'
        : 'relay=mx.example.org[192.0.2.1]:25, delay=1.5, delays=0.1/0/0.4/1, dsn=2.0.0, status=sent (250 ok)';
    lines.push(
      `${stamp(at)} mx postfix/smtpd[${index}]: connect from client.example[198.51.100.7]`,
      `${stamp(at + 1)} mx postfix/smtpd[${index}]: 4Z${index}: client=client.example[198.51.100.7]`,
      `${stamp(at + 2)} mx postfix/smtpd[${index}]: disconnect from client.example[198.51.100.7] ehlo=1`,
      `${stamp(at + 2)} mx postfix/smtp[9]: 4Z${index}: to=<a@example.org>, ${fate}`,
    );
  }
  lines.push(
    `${stamp(3600)} mx cron[1]: nothing of ours`,
    `${stamp(3600)} mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from x: 550 5.1.1 <y>: Recipient address rejected: User unknown`,
  );
  return `${lines.join('\n')}\n`;
}

const clock = (seconds: number): string =>
  new Date(Date.UTC(2026, 10, 23, 23, 40) + seconds * 1000).toISOString();
const stamps = {
  'as syslog wrote it, over midnight': {
    stamp: (seconds: number) => `Nov 23 ${clock(seconds).slice(11, 19)}`,
    // Whole seconds: each of 180 sessions that began in seconds of their own may be off by one.
    sessionError: 0.016667,
  },
  'with ISO dates': { stamp: (seconds: number) => clock(seconds).replace('Z', '+00:00'), sessionError: 0 },
};

describe('what the log says', () => {
  for (const [title, { stamp, sessionError }] of Object.entries(stamps)) {
    it(`is read ${title}`, () => {
      const file = join(folder, 'mail.log');
      writeFileSync(file, logText(stamp));
      const output = execFileSync('sh', ['-s', file], {
        input: observeScript,
        encoding: 'utf8',
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      const { log } = parseObservation(output);
      expect(log).toEqual({
        seconds: 3600,
        connections: 180,
        peakPerSecond: 0.05,
        sessionSeconds: 2,
        sessionError,
        received: 180,
        rejected: 1,
        sent: 162,
        deferred: 18,
        bounced: 0,
        dnsFailures: 18,
        timeouts: 0,
        unknownRecipients: 1,
        relays: {
          'mx.example.org': { deliveries: 162, seconds: 1.4, error: 0.07 },
          none: { deliveries: 18, seconds: 9, error: 0.45 },
        },
      });
      expect(workloadOf({ log: log! })).toEqual({
        inbound: {
          connectionsPerSecond: 0.05,
          sessionSeconds: 2,
          sessionError,
          messagesPerSession: 1,
          rejectedShare: 0,
        },
        destinations: [
          { nexthop: 'mx.example.org', messagesPerSecond: 0.045, deliverySeconds: 1.4, deliveryError: 0.07 },
        ],
      });
    });
  }
});

describe('what the queue says', () => {
  it('comes as postern queue summary gives it', () => {
    const { queue } = parseObservation(
      probeOutput(
        '@@ mail\ntotal:10\nnull:6\nqueue.deferred:9\nqueue.active:1\nage.<5:10\nreason.dns:4\ndomain.example.org:8\n',
      ),
    );
    expect(queue).toEqual({
      total: 10,
      byQueue: { deferred: 9, active: 1 },
      bySender: { 'MAILER-DAEMON': 6, others: 4 },
      byRecipientDomain: { 'example.org': 8 },
      byReason: { dns: 4 },
      byAge: { '<5': 10 },
    });
  });
  it('is left out where the answer is torn', () => {
    expect(parseObservation(probeOutput('@@ mail\ntotal:10\n').replace('total:10', 'total:90'))).toEqual({});
  });
});
