import { smtp, type Lab, type SmtpSession } from '@postern/testbed';
import type { Probe } from './probe.ts';
import { host, partner, traveller, user } from './scene.ts';

export const authProbes: readonly Probe[] = [
  {
    title: 'AUTH is not offered before STARTTLS, on ports 25 and 587',
    lists: 'well',
    async examine({ lab }) {
      for (const port of [25, 587]) {
        await using session = await open(lab, port);
        if (!session) continue;
        if (await offersAuth(session)) return { right: false, said: `offered on port ${port}` };
        const { code, enhanced } = await session.authenticate(user.mail, user.password);
        if (code < 500) return { right: false, said: `taken on port ${port}: ${code} ${enhanced ?? ''}` };
      }
      return { right: true, said: 'not offered' };
    },
  },
  {
    title: 'AUTH is not offered to the internet on port 25',
    lists: 'well',
    async examine({ lab }) {
      await using session = await smtp(lab, { from: partner.address, to: host.address });
      await session.ehlo(partner.name);
      await session.starttls().catch(() => undefined);
      const offered = await offersAuth(session);
      return { right: !offered, said: offered ? 'offered' : 'not offered' };
    },
  },
  submits('A user submits mail with a password on port 587, after STARTTLS', 587),
  submits('A user submits mail with a password on port 465, inside TLS', 465),
  {
    title: 'VRFY tells nobody who is a user',
    lists: 'well',
    async examine({ lab }) {
      await using session = await smtp(lab, { from: partner.address, to: host.address });
      await session.ehlo(partner.name);
      const known = await session.command(`VRFY ${user.mail}`);
      const unknown = await session.command('VRFY nobody-here@yourdomain.no');
      const tells = known.code !== unknown.code;
      return { right: !tells, said: tells ? `${known.code} and ${unknown.code}` : `always ${known.code}` };
    },
  },
];

/** From an address that every list has: a password counts for more than where its owner is. */
function submits(title: string, port: 587 | 465): Probe {
  return {
    title,
    lists: 'well',
    async examine({ lab }) {
      await using session = await open(lab, port);
      if (!session) return { right: false, said: 'nobody listens' };
      if (port === 587) {
        const { reply, protocol } = await session.starttls();
        if (!protocol) return { right: false, said: `no STARTTLS: ${reply.code}` };
      }
      if (!(await offersAuth(session))) return { right: false, said: 'AUTH not offered' };
      const stranger = await (await session.mail(user.mail), session.rcpt('ola@example.org'));
      if (stranger.code < 400) return { right: false, said: 'an open relay' };
      await session.command('RSET');
      const wrong = await session.authenticate(user.mail, 'a guess');
      const right = await session.authenticate(user.mail, user.password);
      if (wrong.code !== 535 || right.code !== 235)
        return { right: false, said: `AUTH: ${wrong.code}, ${right.code}` };
      await session.mail(user.mail);
      const { code, enhanced } = await session.rcpt('ola@example.org');
      return { right: code === 250, said: code === 250 ? 'accepted' : `refused: ${code} ${enhanced ?? ''}` };
    },
  };
}

/** A session on the port with EHLO said, or undefined when nobody listens there. */
async function open(lab: Lab, port: number): Promise<SmtpSession | undefined> {
  try {
    const session = await smtp(lab, {
      from: traveller.address,
      to: host.address,
      port,
      ...(port === 465 ? { tls: {} } : {}),
    });
    await session.ehlo(traveller.name);
    return session;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return undefined;
    throw error;
  }
}

async function offersAuth(session: SmtpSession): Promise<boolean> {
  const { lines } = await session.ehlo(traveller.name);
  return lines.some((line) => /^AUTH\b/.test(line));
}
