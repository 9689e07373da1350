import { ControllerError } from '../error.ts';
import { defaultOutputLimit, type Outcome, type RunOptions } from './host.ts';

/** Takes in both outputs of a command, without what came before the mark, and at most so much of it. */
export class Answer {
  readonly #host: string;
  readonly #stdout: Channel;
  readonly #stderr: Channel;

  constructor(host: string, mark: string, { limit = defaultOutputLimit, onOutput, passOn }: RunOptions) {
    this.#host = host;
    this.#stdout = new Channel(mark, limit, !passOn, onOutput);
    this.#stderr = new Channel(mark, limit, true);
  }

  /** @returns whether there is room for more */
  takeOut(chunk: Buffer): boolean {
    return this.#stdout.take(chunk);
  }

  takeError(chunk: Buffer): boolean {
    return this.#stderr.take(chunk);
  }

  tooMuch(): ControllerError {
    return new ControllerError(
      'too-much-output',
      `${this.#host}: a command printed more than ${defaultSize(this.#stdout.limit)}; it was stopped. Raise the limit, or ask for less.`,
    );
  }

  /**
   * How the command ended.
   *
   * @throws ControllerError when it was never reached: sudo refused, or what answered is no POSIX shell
   */
  outcome(status: number): Outcome {
    if (!this.#stdout.opened) throw this.#notReached(status);
    const stderr = this.#stderr.content();
    return { status, stdout: this.#stdout.content(), stderr: stderr.toString() };
  }

  #notReached(status: number): ControllerError {
    const said = oneLine(`${this.#stderr.before()} ${this.#stdout.before()}`);
    const sudo = /sudo: .*/.exec(said)?.[0];
    if (sudo !== undefined) return this.#refused(sudo);
    return new ControllerError(
      'no-posix-shell',
      `${this.#host}: the login shell ran no command (exit ${status}${said === '' ? ', without a word' : `: ${said}`}). ` +
        'Log in by hand and see; give the user a POSIX shell such as /bin/bash.',
    );
  }

  #refused(said: string): ControllerError {
    const advice = /password is required|terminal is required/.test(said)
      ? 'Give a password by `sudoPassword`, or allow this user in sudoers with NOPASSWD.'
      : /incorrect password|Sorry/.test(said)
        ? 'The password was wrong.'
        : 'Allow this user in sudoers, or log in as root.';
    return new ControllerError('sudo-refused', `${this.#host}: ${said} ${advice}`);
  }
}

/** One output. Nothing counts until the mark has gone by. */
class Channel {
  readonly limit: number;
  opened = false;
  readonly #mark: Buffer;
  readonly #keeps: boolean;
  readonly #onOutput: ((chunk: Buffer) => void) | undefined;
  #early: Buffer = Buffer.alloc(0);
  #pieces: Buffer[] = [];
  #size = 0;

  constructor(mark: string, limit: number, keeps: boolean, onOutput?: (chunk: Buffer) => void) {
    this.#mark = Buffer.from(`\n${mark}\n`);
    this.limit = limit;
    this.#keeps = keeps;
    this.#onOutput = onOutput;
  }

  take(chunk: Buffer): boolean {
    if (this.opened) return this.#keep(chunk);
    this.#early = Buffer.concat([this.#early, chunk]);
    const at = this.#early.indexOf(this.#mark);
    if (at === -1) return this.#early.length <= mostChatter;
    this.opened = true;
    const rest = this.#early.subarray(at + this.#mark.length);
    this.#early = Buffer.alloc(0);
    return this.#keep(rest);
  }

  content(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  before(): string {
    return this.#early.toString('utf8', 0, 4096);
  }

  #keep(chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    this.#size += chunk.length;
    if (this.#size > this.limit) return false;
    if (this.#keeps) this.#pieces.push(chunk);
    this.#onOutput?.(chunk);
    return true;
  }
}

/** What a machine said, on one line and without control characters: it goes to somebody's terminal. */
export function oneLine(text: string, most = 300): string {
  const line = text
    .replaceAll(/[^\P{C}\n]/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

function defaultSize(bytes: number): string {
  return bytes >= 2 ** 20 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${bytes} bytes`;
}

/** A .bashrc may talk, but not without end. */
const mostChatter = 2 ** 20;
