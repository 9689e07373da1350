import type { Lab } from '../lab/lab.ts';
import { smtp } from '../smtp/session.ts';

/** main.cf of a host at 203.0.113.25 that takes mail for users it does not have, and keeps what it would send on. */
export const backscatterMain = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = mail.lab.test
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1, 203.0.113.25
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
defer_transports = smtp
maillog_file = /var/log/mail.log
`;

/** Has the host bounce spam to so many forged senders at forged.example, and sends one order to buyer.example. */
export async function sendBackscatter(lab: Lab, count: number, subject = 'spam'): Promise<void> {
  await using session = await smtp(lab, { from: '198.51.100.7', to: '203.0.113.25' });
  await session.ehlo('spam.example');
  for (let number = 0; number < count; number++) {
    await session.mail(`victim${number}@forged.example`);
    await session.rcpt(`nobody${number}@mail.lab.test`);
    await session.data(`Subject: ${subject}\n\nspam\n`);
  }
  await lab.run('sendmail', ['-f', 'shop@mail.lab.test', 'buyer@buyer.example'], {
    stdin: 'Subject: order\n\norder\n',
  });
}
