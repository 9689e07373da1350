import { smtp } from '@postern/testbed';
import type { Probe } from './probe.ts';
import { host, partner, user } from './scene.ts';

/** Ends of data that some servers believe and others pass on as text (SMTP smuggling, 2023). */
const falseEnds: readonly (readonly [name: string, bytes: string])[] = [
  ['LF . LF', '\n.\n'],
  ['LF . CR LF', '\n.\r\n'],
  ['CR LF . LF', '\r\n.\n'],
];

export const smugglingProbes: readonly Probe[] = falseEnds.map(([name, end], index) => ({
  title: `No second message is smuggled behind ${name}`,
  lists: 'well',
  async examine({ lab, postfix }) {
    const subject = `smuggled-${index}`;
    // From the partner's address: this is what the partner's server passes on without knowing.
    await using session = await smtp(lab, { from: partner.address, to: host.address });
    await session.ehlo(partner.name);
    await session.mail('ola@example.org');
    await session.rcpt(user.mail);
    const go = await session.command('DATA');
    if (go.code !== 354) return { right: false, said: `could not be tried: ${go.code}` };
    session.send(
      `Subject: outer\r\n\r\nOuter.${end}MAIL FROM:<ola@example.org>\r\nRCPT TO:<${user.mail}>\r\nDATA\r\n` +
        `Subject: ${subject}\r\n\r\nInner.\r\n.\r\nQUIT\r\n`,
    );
    const codes: number[] = [];
    try {
      for (let code = 0; code !== 221; codes.push(code)) ({ code } = await session.reply());
    } catch {
      // Disconnected: nothing more will be taken.
    }
    const mail = await postfix.deliveredMail();
    const smuggled = mail.some(({ text }) =>
      new RegExp(`^[^]*?\\nSubject: ${subject}\\n`).exec(header(text)),
    );
    return { right: !smuggled, said: smuggled ? 'two messages delivered' : refusal(codes) };
  },
}));

function header(text: string): string {
  return `${text.slice(0, text.indexOf('\n\n'))}\n`;
}

function refusal(codes: readonly number[]): string {
  const refused = codes.find((code) => code >= 400);
  return refused ? `refused: ${refused}` : 'one message delivered';
}
