import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { constants, hostname } from 'node:os';
import { ControllerError } from '../error.ts';
import { Answer } from './answer.ts';
import { seal, type Elevation } from './envelope.ts';
import { filesOver } from './files.ts';
import { defaultTimeout, type Command, type Host, type Outcome, type RunOptions } from './host.ts';
import { shellText } from './shell-text.ts';

export interface LocalOptions {
  /** How messages name this machine; its host name by default. */
  readonly name?: string;
  /** Asked where sudo wants a password; without it `sudo -n` is used. */
  readonly sudoPassword?: () => string | Promise<string>;
}

/** This machine. */
export function localMachine({ name = hostname(), sudoPassword }: LocalOptions = {}): Host {
  const run = async (command: Command, options: RunOptions = {}): Promise<Outcome> => {
    const elevation = options.asRoot && process.getuid?.() !== 0 ? await elevate(sudoPassword) : undefined;
    return converse(name, command, options, elevation);
  };
  const host: Host = {
    name,
    run,
    ...filesOver(name, run),
    dial: async (address, port) => {
      const socket = connect({ host: address, port, noDelay: true });
      await once(socket, 'connect');
      return socket;
    },
    reopen: () => Promise.resolve(host),
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return host;
}

/** How to become root here, with the password where somebody gives one. */
export async function elevate(ask: LocalOptions['sudoPassword']): Promise<Elevation> {
  return ask ? { password: await ask() } : {};
}

async function converse(
  name: string,
  command: Command,
  options: RunOptions,
  elevation: Elevation | undefined,
): Promise<Outcome> {
  const { stdin, signal, timeout = defaultTimeout } = options;
  signal?.throwIfAborted();
  const { words, mark, stdin: input } = seal(shellText(command), stdin, elevation);
  const answer = new Answer(name, mark, options);
  // A group of its own, so that all of it can be killed.
  const child = spawn(words[0], words.slice(1), { detached: true, stdio: 'pipe' });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended in the meantime.
    }
  };
  let trouble: unknown;
  const stop = (reason: unknown): void => {
    trouble ??= reason;
    kill();
    child.stdout.destroy();
    child.stderr.destroy();
  };
  child.stdout.on('data', (chunk: Buffer) => answer.takeOut(chunk) || stop(answer.tooMuch()));
  child.stderr.on('data', (chunk: Buffer) => answer.takeError(chunk) || stop(answer.tooMuch()));
  child.stdin.on('error', () => {}); // A command may end without reading all of it.
  child.stdin.end(input);
  const timer = setTimeout(() => stop(timedOut(name, timeout)), timeout);
  const aborted = (): void => stop(signal?.reason);
  signal?.addEventListener('abort', aborted, { once: true });
  try {
    const [status, killedBy] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (trouble !== undefined) throw trouble;
    return answer.outcome(status ?? statusOf(killedBy));
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new ControllerError('no-posix-shell', `${name}: cannot start ${words[0]}: ${error.message}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', aborted);
  }
}

/** The exit status by which a shell reports that a signal ended a command. */
export function statusOf(signal: string | null): number {
  return 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
}

export function timedOut(name: string, timeout: number): ControllerError {
  return new ControllerError(
    'timeout',
    `${name}: a command did not end within ${timeout / 1000} s. Whether it did its work is not known; look at the host before doing it again.`,
  );
}
