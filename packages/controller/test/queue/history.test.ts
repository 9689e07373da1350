import { describe, expect, it } from 'vitest';
import { historiesOf } from '../../src/queue/trace/history.ts';
import { parseLogLine } from '../../src/queue/trace/log-line.ts';
import { inWords } from '../../src/queue/trace/words.ts';

const written = Date.parse('2027-01-02T00:00:00Z') / 1000;

function words(log: string): string[] {
  const lines = log.split('\n').flatMap((line) => parseLogLine(line.trim(), written, 0) ?? []);
  return historiesOf(lines).flatMap(inWords);
}

describe('a line of the log', () => {
  it.each([
    ['Dec 31 23:59:59 mx postfix/smtp[12]: 8FCD15176: removed', '2026-12-31T23:59:59Z'],
    ['Jan  1 00:00:01 mx postfix/smtp[12]: 8FCD15176: removed', '2027-01-01T00:00:01Z'],
    ['2026-12-31T23:59:59.123456+01:00 mx postfix/smtp[12]: 8FCD15176: removed', '2026-12-31T22:59:59.123Z'],
    [
      '2026-12-31T23:59:59+0100 mx postfix-out/submission/smtpd[12]: 8FCD15176: removed',
      '2026-12-31T22:59:59Z',
    ],
  ])('%s', (line, time) => {
    expect(parseLogLine(line, written, 0)).toMatchObject({
      at: Date.parse(time) / 1000,
      id: '8FCD15176',
      text: 'removed',
    });
  });

  it('is none of ours', () => {
    for (const line of [
      '',
      'Dec 31 23:59:59 mx sshd[1]: x',
      'garbage \u001B[31m',
      '2026-99-99Tx mx postfix/smtp[1]: A: b',
    ])
      expect(parseLogLine(line, written, 0)).toBeUndefined();
  });

  it('about no message has no id', () => {
    expect(
      parseLogLine('Dec 31 23:59:59 mx postfix/smtpd[1]: warning: hostname x', written, 0)?.id,
    ).toBeUndefined();
  });
});

describe('the fate of a message', () => {
  it('is told from its coming through a login to its delivery', () => {
    expect(
      words(`Dec 31 10:00:00 mx postfix/smtpd[1]: 8FCD15176: client=pc.example[192.0.2.7], sasl_method=PLAIN, sasl_username=kari
        Dec 31 10:00:00 mx postfix/cleanup[2]: 8FCD15176: message-id=<1@pc.example>
        Dec 31 10:00:00 mx postfix/qmgr[3]: 8FCD15176: from=<kari@example.no>, size=512, nrcpt=2 (queue active)
        Dec 31 10:00:01 mx postfix/smtp[4]: 8FCD15176: to=<a@b.example>, orig_to=<alias@example.no>, relay=mx.b.example[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)
        Dec 31 10:00:02 mx postfix/smtp[4]: 8FCD15176: to=<c@d.example>, relay=none, delay=1, delays=0/0/0/1, dsn=4.4.1, status=deferred (connect to d.example[192.0.2.4]:25: Connection timed out)
        Dec 31 10:10:02 mx postfix/smtp[4]: 8FCD15176: to=<c@d.example>, relay=none, delay=601, delays=0/0/0/1, dsn=4.4.1, status=deferred (connect to d.example[192.0.2.4]:25: Connection timed out)`),
    ).toEqual([
      '8FCD15176 came 2026-12-31 10:00:00 UTC from pc.example[192.0.2.7], who had logged in as kari, from kari@example.no, 512 bytes.',
      'a@b.example (written as alias@example.no): delivered 2026-12-31 10:00:01 UTC by mx.b.example[192.0.2.9]:25: 250 2.0.0 Ok',
      'c@d.example: not delivered yet; tried 2 times, the last time 2026-12-31 10:10:02 UTC: connect to d.example[192.0.2.4]:25: Connection timed out',
      'It waits in the queue for its next try.',
    ]);
  });

  it.each([
    [
      'Dec 31 10:00:00 mx postfix/postsuper[1]: 8FCD15176: removed',
      'Somebody deleted it 2026-12-31 10:00:00 UTC.',
    ],
    [
      'Dec 31 10:00:00 mx postfix/cleanup[1]: 8FCD15176: milter-reject: END-OF-MESSAGE from x: 5.7.1 spam',
      'It was refused while it came in.',
    ],
    [
      'Dec 31 10:00:00 mx postfix/cleanup[1]: 8FCD15176: hold: header Subject: x from y',
      'It is on hold until somebody releases it.',
    ],
    [
      'Dec 31 10:00:00 mx postfix/postsuper[1]: 8FCD15176: requeued',
      'Somebody put it into the queue again, under another id.',
    ],
    [
      'Dec 31 10:00:00 mx postfix/local[1]: 8FCD15176: to=<a@b>, relay=local, dsn=5.1.1, status=bounced (unknown user: "a")',
      'It could not be delivered.',
    ],
  ])('%s', (line, end) => expect(words(line).at(-1)).toBe(end));

  it('has no say over a terminal', () => {
    const said = words(
      'Dec 31 10:00:00 mx postfix/smtp[1]: 8FCD15176: to=<a@b>, relay=x, dsn=5.0.0, status=bounced (\u001B]0;owned\u0007\u001B[2J no)',
    );
    // oxlint-disable-next-line no-control-regex -- none may be left
    expect(said.join('\n')).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });
});
