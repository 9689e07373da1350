import { connect, type Socket } from 'node:net';

export interface SmtpReply {
  readonly code: number;
  readonly lines: readonly string[];
}

export type SmtpOutcome = { readonly reply: SmtpReply } | { readonly problem: string };

/** A reply longer than this is no SMTP server's. */
const longestReply = 65_536;

/** One connection to an SMTP server that may say anything, at any pace. Replies are bounded in size, waits by the signal. */
export class SmtpSession {
  #socket: Socket;
  #buffer = '';
  #ended: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen(socket);
  }

  /** Connects. Never rejects: what went wrong is a problem in words. */
  static open(
    address: string,
    port: number,
    signal: AbortSignal,
  ): Promise<{ readonly session: SmtpSession } | { readonly problem: string; readonly refused: boolean }> {
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve({ problem: 'time is up', refused: false });
        return;
      }
      const socket = connect({ host: address, port });
      const stop = (): void => {
        resolve({ problem: 'no answer in time', refused: false });
        socket.destroy();
      };
      signal.addEventListener('abort', stop, { once: true });
      socket.once('connect', () => {
        signal.removeEventListener('abort', stop);
        socket.removeAllListeners('error');
        resolve({ session: new SmtpSession(socket) });
      });
      socket.once('error', (cause: NodeJS.ErrnoException) => {
        signal.removeEventListener('abort', stop);
        resolve({ problem: cause.message, refused: cause.code === 'ECONNREFUSED' });
      });
    });
  }

  /** The socket, for a TLS handshake over it. Nothing that came before the handshake counts (RFC 3207 section 4.2). */
  handOver(): Socket {
    this.#socket.removeAllListeners('data');
    this.#buffer = '';
    return this.#socket;
  }

  /** Goes on over another socket, the encrypted one. */
  continueOn(socket: Socket): void {
    this.#socket = socket;
    this.#buffer = '';
    this.#listen(socket);
  }

  /** Sends a line, if one is given, and waits for a whole reply. */
  async ask(line: string | undefined, signal: AbortSignal): Promise<SmtpOutcome> {
    if (line !== undefined) this.#socket.write(`${line}\r\n`);
    for (;;) {
      const reply = takeReply(this.#buffer);
      if (reply === 'rubbish')
        return { problem: `it does not speak SMTP: ${JSON.stringify(this.#buffer.slice(0, 80))}` };
      if (reply) {
        this.#buffer = this.#buffer.slice(reply.length);
        return { reply: { code: reply.code, lines: reply.lines } };
      }
      if (this.#buffer.length > longestReply)
        return { problem: `its reply is longer than ${longestReply} bytes` };
      if (this.#ended !== undefined) return { problem: this.#ended };
      if (signal.aborted) return { problem: 'no answer in time' };
      await this.#more(signal);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      // One byte beyond the limit is enough to know; a flood is not kept.
      if (this.#buffer.length <= longestReply) this.#buffer += chunk.toString('latin1');
      this.#wake?.();
    });
    socket.on('error', (cause) => this.#end(`the connection broke: ${cause.message}`));
    socket.on('close', () => this.#end('the server closed the connection'));
  }

  #end(why: string): void {
    this.#ended ??= why;
    this.#wake?.();
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** The first whole reply of a buffer (RFC 5321 section 4.2.1), with its length. */
function takeReply(
  buffer: string,
): { readonly code: number; readonly lines: string[]; readonly length: number } | 'rubbish' | undefined {
  const lines: string[] = [];
  let start = 0;
  for (;;) {
    const end = buffer.indexOf('\n', start);
    if (end < 0) return undefined;
    const line = buffer.slice(start, end).replace(/\r$/, '');
    const match = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line);
    if (!match) return 'rubbish';
    lines.push(match[3] ?? '');
    start = end + 1;
    if (match[2] !== '-') return { code: Number(match[1]), lines, length: start };
  }
}
