import { describe, expect, it } from 'vitest';
import { printReply } from '@postern/testbed';
import { takeReply } from '../../src/smtp/reply.ts';

describe('an SMTP reply', () => {
  it('waits for its last line and leaves what follows', () => {
    expect(takeReply('250-mail.example.com\r\n250-SIZE\r\n')).toBeUndefined();
    expect(takeReply('250-mail.example.com\r\n250-SIZE 10\r\n250 DSN\r\n354 Go')).toEqual({
      reply: { code: 250, lines: ['mail.example.com', 'SIZE 10', 'DSN'] },
      rest: '354 Go',
    });
    expect(takeReply('220\r\n')).toEqual({ reply: { code: 220, lines: [''] }, rest: '' });
  });

  it('has its enhanced status code apart from the text of every line', () => {
    const text = '550-5.7.1 Blocked.\r\n550 5.7.1 See https://list.example/\r\n';
    expect(takeReply(text)?.reply).toEqual({
      code: 550,
      enhanced: '5.7.1',
      lines: ['Blocked.', 'See https://list.example/'],
    });
    expect(printReply(takeReply(text)!.reply)).toBe('550 5.7.1 Blocked. / See https://list.example/');
  });
});
