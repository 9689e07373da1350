import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';

export interface RunScriptOptions {
  readonly args?: readonly (string | number)[];
  /** Milliseconds (60 000). */
  readonly timeout?: number;
  /** Each line of output as it comes. */
  readonly onLine?: (line: string) => void;
}

/** No script of ours prints more. */
const longestOutput = 2 ** 20;

/**
 * Runs one of our scripts in the shell of this machine, as whoever runs us, and gives what it printed.
 *
 * @throws CommandError when there is no shell or the script does not end in time
 */
export async function runScriptHere(
  io: Io,
  script: string,
  { args = [], timeout = 60_000, onLine }: RunScriptOptions = {},
): Promise<string> {
  io.signal.throwIfAborted();
  // A group of its own: a script that measures has children.
  const child = spawn('sh', ['-s', '--', ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
  });
  const end = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has ended in the meantime.
    }
  };
  const stop = (): void => {
    // TERM first: the script clears up after itself.
    end('SIGTERM');
    setTimeout(() => end('SIGKILL'), 5000).unref();
  };
  let late = false;
  const timer = setTimeout(() => ((late = true), stop()), timeout);
  io.signal.addEventListener('abort', stop, { once: true });
  let output = '';
  let told = 0;
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    if (output.length < longestOutput) output += text;
    for (let at = output.indexOf('\n', told); at >= 0; at = output.indexOf('\n', told)) {
      onLine?.(output.slice(told, at));
      told = at + 1;
    }
  });
  child.stdin.on('error', () => {}); // It may end before it has read everything.
  child.stdin.end(script);
  try {
    await once(child, 'close');
  } catch (cause) {
    throw new CommandError(
      'unknown',
      `cannot run sh: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    io.signal.removeEventListener('abort', stop);
  }
  io.signal.throwIfAborted();
  if (late)
    throw new CommandError(
      'unknown',
      `this machine did not answer within ${timeout / 1000} s; try again when it is less busy`,
    );
  return output;
}
