import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainReply } from '../src/index.ts';
import { replies } from './fixtures/replies.ts';

describe('a reply of a receiver', () => {
  it('is explained, with who says it and a source, for more than sixty that people meet', () => {
    expect(replies.length).toBeGreaterThanOrEqual(60);
    const wrong = replies.flatMap(([reply, who, meaning]) => {
      const { explanation } = explainReply(reply);
      const right = explanation?.who === who && explanation.meaning.includes(meaning);
      return right
        ? []
        : [{ reply, who, meaning, got: explanation && `${explanation.who}: ${explanation.meaning}` }];
    });
    expect(wrong).toEqual([]);
    for (const [reply] of replies) {
      const { kind, explanation } = explainReply(reply);
      expect(kind).toBe(reply.startsWith('4') ? 'temporary' : 'permanent');
      expect(explanation?.source).not.toBe('');
      expect(explanation?.todo).not.toBe('');
    }
  });

  it('means the same out of the log, where Postfix puts its lines and words around it', () => {
    for (const [reply, who] of replies) {
      const line = `Nov 23 10:00:00 mail postfix/smtp[4711]: 4T5kY23bQrz9sRN: to=<ola@example.net>, relay=mx.example.net[203.0.113.250]:25, delay=400, delays=0.1/0/0.5/0.2, dsn=5.0.0, status=bounced (host mx.example.net[203.0.113.250] said: ${reply.replaceAll('\n', ' ')} (in reply to RCPT TO command))`;
      expect(explainReply(line)).toMatchObject({ explanation: { who }, code: Number(reply.slice(0, 3)) });
    }
  });

  it.each([
    '250 2.0.0 Ok: queued as 4T5kY23bQrz9sRN',
    '250 2.6.0 <spam-report@example.com> Queued mail for delivery; blocked=0 S3140',
    '250 2.1.5 user unknown in cache, DMARC pass, greylist passed',
    '354 End data with <CR><LF>.<CR><LF>',
    '220 mx.example.net ESMTP Postfix',
    '',
    'the dog ate it at 5.1',
    'Received 450 messages about spam and blocked lists',
  ])('is not explained where there was no failure: %s', (reply) => {
    expect(explainReply(reply).explanation).toBeNull();
  });

  it('says no more than the code does where it is not known', () => {
    expect(explainReply('599 9.9.9 Zork')).toMatchObject({ code: 599, kind: 'permanent', explanation: null });
    expect(explainReply('4.0.0 no')).toMatchObject({ kind: 'temporary', explanation: { who: 'any' } });
  });

  it('may be anything of any length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(200), (text, times) => {
        const { text: shown } = explainReply(`550 5.7.1 ${text.repeat(times)}`);
        expect(shown.length).toBeLessThan(5_000);
        // oxlint-disable-next-line no-control-regex -- a terminal must not see them
        expect(shown).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/);
      }),
      { numRuns: 50 },
    );
  });
});
