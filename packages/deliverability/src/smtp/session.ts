import { connect, type Socket } from 'node:net';

export interface SmtpReply {
  readonly code: number;
  readonly lines: readonly string[];
}

export type SmtpOutcome = { readonly reply: SmtpReply } | { readonly problem: string };

/** A reply longer than this is no SMTP server's. */
const longestReply = 65_536;
/** How long the answer to QUIT is waited for, in ms: everything worth knowing is known by then. */
const patienceAtTheEnd = 1_000;

/** One connection to an SMTP server that may say anything, at any pace. Replies are bounded in size, waits by the signal. */
export class SmtpSession {
  readonly #raw: Socket;
  #socket: Socket;
  /** What has come and is not yet read, and up to where it was searched for the end of a line. */
  #buffer = '';
  #searched = 0;
  /** Lines of the reply that is being read, and their length. */
  #lines: string[] = [];
  #size = 0;
  #ended: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#raw = socket;
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
        resolve({ session: new SmtpSession(socket) });
      });
      // Stays for good: an error after the connection has begun finds the promise settled and a listener there.
      socket.on('error', (cause: NodeJS.ErrnoException) => {
        signal.removeEventListener('abort', stop);
        resolve({ problem: cause.message, refused: cause.code === 'ECONNREFUSED' });
      });
    });
  }

  /** The socket, for a TLS handshake over it. Nothing that came before the handshake counts (RFC 3207 section 4.2). */
  handOver(): Socket {
    this.#socket.removeAllListeners('data');
    this.#forget();
    return this.#socket;
  }

  /** Goes on over another socket, the encrypted one. */
  continueOn(socket: Socket): void {
    this.#socket = socket;
    this.#forget();
    this.#listen(socket);
  }

  /** Sends a line, if one is given, and waits for a whole reply. */
  async ask(line: string | undefined, signal: AbortSignal): Promise<SmtpOutcome> {
    if (line !== undefined) this.#socket.write(`${line}\r\n`);
    for (;;) {
      const outcome = this.#take();
      if (outcome) return outcome;
      if (this.#size + this.#buffer.length > longestReply)
        return { problem: `its reply is longer than ${longestReply} bytes` };
      if (this.#ended !== undefined) return { problem: this.#ended };
      if (signal.aborted) return { problem: 'no answer in time' };
      await this.#more(signal);
    }
  }

  /** Takes leave. A server that does not answer to it is not waited for. */
  async quit(signal: AbortSignal): Promise<void> {
    await this.ask('QUIT', AbortSignal.any([signal, AbortSignal.timeout(patienceAtTheEnd)]));
  }

  close(): void {
    this.#socket.destroy();
    this.#raw.destroy();
  }

  #forget(): void {
    this.#buffer = '';
    this.#searched = 0;
    this.#lines = [];
    this.#size = 0;
  }

  /** The next whole reply (RFC 5321 section 4.2.1) out of what has come; undefined while it is not all there. */
  #take(): SmtpOutcome | undefined {
    for (;;) {
      const end = this.#buffer.indexOf('\n', this.#searched);
      if (end < 0) {
        this.#searched = this.#buffer.length;
        return undefined;
      }
      const line = this.#buffer.slice(0, end).replace(/\r$/, '');
      this.#buffer = this.#buffer.slice(end + 1);
      this.#searched = 0;
      this.#size += end + 1;
      const match = /^([2-5]\d\d)(?:([ -])(.*))?$/s.exec(line);
      if (!match) return { problem: `it does not speak SMTP: ${JSON.stringify(line.slice(0, 80))}` };
      this.#lines.push(match[3] ?? '');
      if (match[2] === '-') continue;
      const lines = this.#lines;
      this.#lines = [];
      this.#size = 0;
      return { reply: { code: Number(match[1]), lines } };
    }
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      // One byte beyond the limit is enough to know; a flood is not kept.
      if (this.#size + this.#buffer.length <= longestReply) this.#buffer += chunk.toString('latin1');
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
