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
import type { ClientCertificate } from './client-certificates.ts';
import type { Batch, Session } from './generate.ts';
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
  /** The answers to each transaction, those to the commands before the first included; fewer when it hangs up. */
  play(session: Session, port: number): Promise<Answered[][]>;
  log(): Promise<string>;
}

export async function startRealSmtpd(
  first: Batch,
  clientCertificates: readonly ClientCertificate[],
): Promise<RealSmtpd> {
  const lab = await startLab({ hostname, addresses: ['203.0.113.25'] });
  const nameserver = await startNameserver({ lab, world: dns });
  const { certificate, key } = makeCertificate(hostname);
  let postfix: Postfix | undefined;
  let servers: Server[] = [];
  const start = async (batch: Batch): Promise<void> => {
    postfix = await startPostfix(lab, {
      main: batch.main,
      master: batch.master,
      files: {
        ...batch.files,
        '/etc/ssl/lab-key.pem': key,
        '/etc/ssl/lab-cert.pem': certificate,
        '/etc/ssl/lab-clients.pem': clientCertificates.find(({ trusted }) => trusted)!.authority,
      },
      tables: batch.tables,
      users,
      passwords: Object.fromEntries(users.map((user) => [`${user}@${hostname}`, password])),
      greets: false,
    });
  };
  await start(first);
  servers = [await answerPolicy(lab), await answerVerify(lab)];
  return {
    async load(batch) {
      await postfix!.reload(batch);
    },
    play: (session, port) => play(lab, session, port, clientCertificates),
    log: () => postfix!.settledLog(),
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

/** The password of every user. */
const password = 'correct horse';

/** smtpd has closed the connection: the reply was 421 or 521. */
class HungUp extends Error {}

type Say = (stage: string, reply: Reply) => boolean;

async function play(
  lab: Lab,
  { transactions, byXclient }: Session,
  port: number,
  clientCertificates: readonly ClientCertificate[],
): Promise<Answered[][]> {
  const first = transactions[0]!;
  const { address } = first.client;
  const before: Answered[] = [];
  const all: Answered[][] = [];
  let answers = before;
  const connection = await smtp(lab, {
    port,
    timeout: 4000,
    ...(!byXclient && { from: address, to: address.includes(':') ? '::1' : '127.0.0.1' }),
  }).catch(String);
  if (typeof connection === 'string') return [[lost(connection)]];
  const say: Say = (stage, reply) => {
    answers.push({ stage, code: reply.code, enhanced: reply.enhanced ?? '', text: reply.lines.join(' ') });
    if (reply.code === 421 || reply.code === 521) throw new HungUp();
    return reply.code < 400;
  };
  try {
    let { greeting } = connection;
    if (byXclient) {
      await connection.ehlo('probe');
      greeting = await connection.xclient(attributes(first));
    }
    const certificate = clientCertificates.find(({ is }) => is === first.tls);
    const open = say('CONNECT', greeting) && (await introduce(connection, first, certificate, say));
    for (const transaction of open ? transactions : []) {
      all.push((answers = [...before]));
      await talk(connection, transaction, say);
      await connection.command('RSET');
    }
    await connection.quit();
  } catch (error) {
    // A session that ends in another way than by a reply is a disagreement, to be shown with the others.
    if (!(error instanceof HungUp)) answers.push(lost(String(error)));
  } finally {
    connection.close();
  }
  return all.length > 0 ? all : [before];
}

const lost = (text: string): Answered => ({ stage: 'LOST', code: 0, enhanced: '', text });

/** Greeting, STARTTLS where it is offered, AUTH. */
async function introduce(
  connection: SmtpSession,
  { helo, ehlo, tls, user }: Transaction,
  certificate: ClientCertificate | undefined,
  say: Say,
): Promise<boolean> {
  const greet = async (): Promise<Reply | undefined> =>
    helo === undefined ? undefined : connection.command(`${ehlo === false ? 'HELO' : 'EHLO'} ${helo}`);
  let greeted = await greet();
  if (tls && (!greeted || greeted.code < 400)) {
    const { reply } = await connection.starttls(
      certificate && { cert: certificate.certificate, key: certificate.key },
    );
    if (reply.code === 220) greeted = await greet();
  }
  if (greeted && !say('HELO', greeted)) return false;
  return user === undefined || say('AUTH', await connection.authenticate(user, password));
}

async function talk(connection: SmtpSession, transaction: Transaction, say: Say): Promise<void> {
  const { from, to = [], data, size, etrn, vrfy } = transaction;
  if (etrn !== undefined) return void say('ETRN', await connection.command(`ETRN ${etrn}`));
  if (vrfy !== undefined) return void say('VRFY', await connection.command(`VRFY ${vrfy}`));
  if (!say('MAIL', await connection.mail(from!, size === undefined ? undefined : `SIZE=${size}`))) return;
  let accepted = 0;
  for (const recipient of to) {
    if (say('RCPT', await connection.rcpt(recipient))) accepted++;
  }
  if (accepted === 0 || !data) return;
  if (!say('DATA', await connection.command('DATA'))) return;
  const line = `${'x'.repeat(98)}\r\n`;
  connection.send(`Subject: test\r\n\r\n${line.repeat(Math.floor(Math.min(size ?? 0, 8000) / 100))}.\r\n`);
  say('END-OF-DATA', await connection.reply());
}

function attributes({ client }: Transaction): Record<string, string> {
  const status = { ok: undefined, permanent: '[UNAVAILABLE]', temporary: '[TEMPUNAVAIL]' } as const;
  return {
    NAME: status[client.nameStatus ?? 'ok'] ?? client.name!,
    REVERSE_NAME: status[client.reverseStatus ?? 'ok'] ?? client.reverseName!,
    ADDR: client.address.includes(':') ? `IPV6:${client.address}` : client.address,
  };
}
