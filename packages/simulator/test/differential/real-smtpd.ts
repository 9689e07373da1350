import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import {
  smtp,
  makeCertificate,
  startLab,
  startNameserver,
  startPostfix,
  type Lab,
  type Postfix,
  type Reply,
  type SmtpSession,
} from '@postern/testbed';
import type { Transaction } from '@postern/simulator';
import type { Batch } from './generate.ts';
import { dns, hostname, policyAction, users, verification } from './surroundings.ts';

/** What the real smtpd answered, command by command. */
export interface Answered {
  readonly stage: string;
  readonly code: number;
  readonly enhanced: string;
  readonly text: string;
}

/** A Postfix in a lab whose smtpd says in its log which restriction is at work. */
export interface RealSmtpd extends AsyncDisposable {
  load(batch: Batch): Promise<void>;
  play(transaction: Transaction, port: number, byXclient: boolean): Promise<Answered[]>;
  log(): string;
}

export async function startRealSmtpd(first: Batch): Promise<RealSmtpd> {
  const lab = await startLab({ hostname, addresses: ['203.0.113.25'] });
  const nameserver = await startNameserver({ lab, world: dns });
  const { certificate, key } = makeCertificate(hostname);
  let postfix: Postfix | undefined;
  let servers: Server[] = [];
  const start = async (batch: Batch): Promise<void> => {
    postfix = await startPostfix(lab, {
      main: batch.main,
      master: batch.master,
      files: { ...batch.files, '/etc/ssl/lab-key.pem': key, '/etc/ssl/lab-cert.pem': certificate },
      users,
      greets: false,
    });
  };
  await start(first);
  servers = [await answerPolicy(lab), await answerVerify(lab)];
  return {
    async load(batch) {
      await postfix!.reload({ main: batch.main, master: batch.master, files: batch.files });
    },
    play: (transaction, port, byXclient) => play(lab, transaction, port, byXclient),
    log: () => postfix!.log(),
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close();
      await postfix?.stop();
      await nameserver.stop();
      await lab.close();
    },
  };
}

async function listen(
  lab: Lab,
  name: string,
  serve: (text: string, reply: (text: string) => void) => void,
  greeting = '',
): Promise<Server> {
  const path = `/var/spool/postfix/private/${name}`;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (greeting !== '') socket.write(greeting);
    let received = '';
    const end = name === 'policy' ? '\n\n' : '\0\0';
    socket.on('data', (data) => {
      received += String(data);
      for (let at = received.indexOf(end); at >= 0; at = received.indexOf(end)) {
        serve(received.slice(0, at), (text) => socket.write(text));
        received = received.slice(at + end.length);
      }
    });
  }).listen(lab.path(path));
  await once(server, 'listening');
  await lab.run('chmod', ['666', path]);
  return server;
}

function answerPolicy(lab: Lab): Promise<Server> {
  return listen(lab, 'policy', (text, reply) => {
    const request = Object.fromEntries(
      text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    reply(`action=${policyAction(request)}\n\n`);
  });
}

function answerVerify(lab: Lab): Promise<Server> {
  return listen(
    lab,
    'vfake',
    (text, reply) => {
      const words = text.split('\0');
      const address = words[words.indexOf('address') + 1] ?? '';
      const { code, why } = verification(address);
      reply(`status\u00000\0recipient_status\0${code}\0reason\0${why}\0\0`);
    },
    'protocol\0address_verification_prrotocol\0\0',
  );
}

/** smtpd has closed the connection: the reply was 421 or 521. */
class HungUp extends Error {}

async function play(
  lab: Lab,
  transaction: Transaction,
  port: number,
  byXclient: boolean,
): Promise<Answered[]> {
  const { client } = transaction;
  const answers: Answered[] = [];
  const v6 = client.address.includes(':');
  const session = await smtp(lab, {
    port,
    timeout: 2000,
    ...(!byXclient && { from: client.address, to: v6 ? '::1' : '127.0.0.1' }),
  }).catch(String);
  if (typeof session === 'string') return [{ stage: 'LOST', code: 0, enhanced: '', text: session }];
  const say = (stage: string, reply: Reply): boolean => {
    answers.push({ stage, code: reply.code, enhanced: reply.enhanced ?? '', text: reply.lines.join(' ') });
    if (reply.code === 421 || reply.code === 521) throw new HungUp();
    return reply.code < 400;
  };
  try {
    let { greeting } = session;
    if (byXclient) {
      await session.ehlo('probe');
      greeting = await session.xclient(attributes(transaction));
    }
    if (say('CONNECT', greeting)) await talk(session, transaction, say);
    await session.quit();
  } catch (error) {
    // A session that ends in another way than by a reply is a disagreement, to be shown with the others.
    if (!(error instanceof HungUp))
      answers.push({ stage: 'LOST', code: 0, enhanced: '', text: String(error) });
  } finally {
    session.close();
  }
  return answers;
}

async function talk(
  session: SmtpSession,
  transaction: Transaction,
  say: (stage: string, reply: Reply) => boolean,
): Promise<void> {
  const { helo, ehlo, from, to = [], data, size, etrn, vrfy } = transaction;
  if (
    helo !== undefined &&
    !say('HELO', await session.command(`${ehlo === false ? 'HELO' : 'EHLO'} ${helo}`))
  )
    return;
  if (etrn !== undefined) return void say('ETRN', await session.command(`ETRN ${etrn}`));
  if (vrfy !== undefined) return void say('VRFY', await session.command(`VRFY ${vrfy}`));
  if (!say('MAIL', await session.mail(from!, size === undefined ? undefined : `SIZE=${size}`))) return;
  let accepted = 0;
  for (const recipient of to) {
    if (say('RCPT', await session.rcpt(recipient))) accepted++;
  }
  if (accepted === 0 || !data) return;
  if (!say('DATA', await session.command('DATA'))) return;
  const line = `${'x'.repeat(98)}\r\n`;
  session.send(`Subject: test\r\n\r\n${line.repeat(Math.floor(Math.min(size ?? 0, 8000) / 100))}.\r\n`);
  say('END-OF-DATA', await session.reply());
}

function attributes({ client, user }: Transaction): Record<string, string> {
  const status = { ok: undefined, permanent: '[UNAVAILABLE]', temporary: '[TEMPUNAVAIL]' } as const;
  return {
    NAME: status[client.nameStatus ?? 'ok'] ?? client.name!,
    REVERSE_NAME: status[client.reverseStatus ?? 'ok'] ?? client.reverseName!,
    ADDR: client.address.includes(':') ? `IPV6:${client.address}` : client.address,
    ...(user !== undefined && { LOGIN: user }),
  };
}
