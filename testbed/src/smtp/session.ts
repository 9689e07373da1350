import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { Lab } from '../lab/lab.ts';
import { takeReply, type Reply } from './reply.ts';

export interface SmtpTarget {
  /** The client's address; of the lab's choice when left out. */
  readonly from?: string;
  readonly to?: string;
  /** 25 when left out. */
  readonly port?: number;
  /** TLS from the first byte on, as port 465 has it. */
  readonly tls?: ConnectionOptions;
  /** How long a reply may take, in ms (30 000). */
  readonly timeout?: number;
}

/** A conversation with an SMTP server, command by command or byte by byte. */
export interface SmtpSession extends AsyncDisposable {
  /** What the server said on connecting. */
  readonly greeting: Reply;
  /** Bytes as they are: several commands in one write, bare newlines, anything. */
  send(bytes: string | Uint8Array): void;
  /** The next reply. @throws Error when the server closes the connection or is silent for too long */
  reply(): Promise<Reply>;
  /** One line, and its reply. */
  command(line: string): Promise<Reply>;
  ehlo(name: string): Promise<Reply>;
  helo(name: string): Promise<Reply>;
  /** `MAIL FROM:<sender>`, then the ESMTP parameters. */
  mail(sender: string, parameters?: string): Promise<Reply>;
  rcpt(recipient: string, parameters?: string): Promise<Reply>;
  /** DATA and the message: lines end with CRLF, dots are doubled. The reply is DATA's own unless that is 354. */
  data(message: string): Promise<Reply>;
  /** Postfix' XCLIENT: `{ ADDR: '192.0.2.1', NAME: 'mx.example.com' }`. The reply is the new greeting. */
  xclient(attributes: Readonly<Record<string, string>>): Promise<Reply>;
  /** AUTH PLAIN with the name and the password. */
  authenticate(user: string, password: string): Promise<Reply>;
  /**
   * STARTTLS and the handshake.
   *
   * @returns the reply when that is not 220, else how the encryption came out
   * @throws Error of node:tls when the handshake fails; its `code` says who refused (ERR_SSL_TLSV1_ALERT_… is the server)
   */
  starttls(options?: ConnectionOptions): Promise<{ reply: Reply; protocol?: string | null; cipher?: string }>;
  quit(): Promise<Reply>;
  /** Ends the connection without a word. */
  close(): void;
}

/** Connects to an SMTP server, in a lab or (with undefined) on this machine, and waits for its greeting. */
export async function smtp(
  lab: Lab | undefined,
  { from, to = '127.0.0.1', port = 25, tls, timeout = 30_000 }: SmtpTarget = {},
): Promise<SmtpSession> {
  const raw = await (lab
    ? lab.connect({ ...(from ? { from } : {}), to, port })
    : connectHere(to, port, from));
  const stream = new ReplyStream(tls ? await secured(raw, tls) : raw, timeout);
  const greeting = await stream.next();

  const session: SmtpSession = {
    greeting,
    send: (bytes) => stream.write(bytes),
    reply: () => stream.next(),
    command(line) {
      stream.write(`${line}\r\n`);
      return stream.next();
    },
    ehlo: (name) => session.command(`EHLO ${name}`),
    helo: (name) => session.command(`HELO ${name}`),
    mail: (sender, parameters) =>
      session.command(`MAIL FROM:<${sender}>${parameters ? ` ${parameters}` : ''}`),
    rcpt: (recipient, parameters) =>
      session.command(`RCPT TO:<${recipient}>${parameters ? ` ${parameters}` : ''}`),
    async data(message) {
      const go = await session.command('DATA');
      if (go.code !== 354) return go;
      const lines = message.replace(/\r?\n$/, '').split(/\r?\n/);
      stream.write(lines.map((line) => `${line.startsWith('.') ? '.' : ''}${line}\r\n`).join('') + '.\r\n');
      return stream.next();
    },
    xclient: (attributes) =>
      session.command(
        ['XCLIENT', ...Object.entries(attributes).map(([name, value]) => `${name}=${xtext(value)}`)].join(
          ' ',
        ),
      ),
    authenticate: (user, password) =>
      session.command(`AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}`),
    async starttls(options = {}) {
      const reply = await session.command('STARTTLS');
      if (reply.code !== 220) return { reply };
      const socket = await stream.upgrade((plain) => secured(plain, options));
      return { reply, protocol: socket.getProtocol(), cipher: socket.getCipher().name };
    },
    async quit() {
      const reply = await session.command('QUIT');
      stream.close();
      return reply;
    },
    close: () => stream.close(),
    [Symbol.asyncDispose]: async () => stream.close(),
  };
  return session;
}

async function connectHere(host: string, port: number, localAddress?: string): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true, ...(localAddress ? { localAddress } : {}) });
  await once(socket, 'connect');
  return socket;
}

async function secured(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  const secure = connectTls({ rejectUnauthorized: false, ...options, socket });
  await once(secure, 'secureConnect');
  return secure;
}

/** The encoding of attribute values (RFC 3461). */
function xtext(value: string): string {
  return value.replace(
    /[^!-~]|[+=]/g,
    (char) => `+${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** A connection read as replies. */
class ReplyStream {
  #socket: Socket;
  #received = '';
  #failure: Error | undefined;
  #wake: () => void = () => {};
  readonly #timeout: number;

  constructor(socket: Socket, timeout: number) {
    this.#socket = socket;
    this.#timeout = timeout;
    this.#listen();
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  async next(): Promise<Reply> {
    const deadline = Date.now() + this.#timeout;
    for (;;) {
      const taken = takeReply(this.#received);
      if (taken) {
        this.#received = taken.rest;
        return taken.reply;
      }
      if (this.#failure) throw this.#failure;
      await this.#more(deadline - Date.now());
    }
  }

  /** Puts another layer between: nothing that is received from now on is read as a reply of the old one. */
  async upgrade(layer: (socket: Socket) => Promise<TLSSocket>): Promise<TLSSocket> {
    this.#socket.removeAllListeners('data').removeAllListeners('end');
    const socket = await layer(this.#socket);
    this.#socket = socket;
    this.#received = '';
    this.#listen();
    return socket;
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.on('data', (data) => {
      this.#received += data.toString('latin1');
      this.#wake();
    });
    this.#socket.on('end', () => this.#fail(new Error('the server closed the connection')));
    this.#socket.on('error', (error) => this.#fail(error));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  #more(milliseconds: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`no reply within ${this.#timeout} ms; so far: ${JSON.stringify(this.#received)}`));
      }, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
