import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { environment } from './requirements.ts';

/** A program that a test started and that ends with the test. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  /** Everything it has printed so far, both streams. */
  output(): string;
  /** Sends it a signal, SIGHUP for a reload say. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it with the signal (SIGTERM), and with SIGKILL after two seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface DaemonOptions extends SpawnOptions {
  /** Asked every 20 ms with what the program has printed so far. */
  readonly ready: (output: string) => boolean | Promise<boolean>;
  /** How long it may take to be ready, in ms (10 000). */
  readonly within?: number;
  /** Whether the command is a wrapper that forks the program and passes no signals on, as nsenter does. */
  readonly wrapped?: boolean;
}

/** Starts a program and resolves when it is ready: on this machine `startDaemon`, in a lab `lab.startDaemon`. */
export type StartDaemon = (
  command: string,
  args: readonly string[],
  options: DaemonOptions,
) => Promise<Daemon>;

/**
 * Starts a program in the foreground and waits until it is ready.
 *
 * @throws Error with the program's output when it exits or is not ready in time
 */
export async function startDaemon(
  command: string,
  args: readonly string[],
  { ready, within = 10_000, wrapped = false, ...options }: DaemonOptions,
): Promise<Daemon> {
  const child: ChildProcess = spawn(command, args, {
    env: environment,
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed: string[] = [];
  child.stdout?.on('data', (data) => printed.push(String(data)));
  child.stderr?.on('data', (data) => printed.push(String(data)));
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, signal) => (failure ??= `exited with ${code ?? signal}`));
  const output = (): string => printed.join('');

  const signal = (name: NodeJS.Signals): void => {
    const target = wrapped ? childOf(child.pid) : undefined;
    if (target === undefined) child.kill(name);
    else process.kill(target, name);
  };
  const stop = async (name: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = once(child, 'exit');
    signal(name);
    const kill = setTimeout(() => signal('SIGKILL'), 2000);
    await gone;
    clearTimeout(kill);
  };

  const deadline = Date.now() + within;
  while (!(failure === undefined && (await ready(output())))) {
    if (failure !== undefined || Date.now() > deadline) {
      await stop();
      throw new Error(
        `${command} ${args.join(' ')}: ${failure ?? `not ready within ${within} ms`}\n${output()}`,
      );
    }
    await sleep(20);
  }
  return { pid: child.pid ?? 0, output, signal, stop, [Symbol.asyncDispose]: () => stop() };
}

/** The one child of a wrapper process, or undefined when it has none (any more). */
export function childOf(pid: number | undefined): number | undefined {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    return child ? Number(child) : undefined;
  } catch {
    return undefined;
  }
}
