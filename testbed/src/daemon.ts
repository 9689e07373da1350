import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A program that a test started and that ends with the test. */
export interface Daemon extends AsyncDisposable {
  readonly pid: number;
  /** Everything it has printed so far, both streams. */
  output(): string;
  /** Ends it with the signal (SIGTERM), and with SIGKILL after two seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a program in the foreground and waits until `ready` resolves to true (asked every 20 ms).
 *
 * @throws Error with the program's output when it exits or is not ready within `within` ms (10 000).
 */
export async function startDaemon(
  command: string,
  args: readonly string[],
  {
    ready,
    within = 10_000,
    ...options
  }: SpawnOptions & { ready: () => boolean | Promise<boolean>; within?: number },
): Promise<Daemon> {
  const child: ChildProcess = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed: string[] = [];
  child.stdout?.on('data', (data) => printed.push(String(data)));
  child.stderr?.on('data', (data) => printed.push(String(data)));
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.once('exit', (code, signal) => (failure ??= `exited with ${code ?? signal}`));
  const output = (): string => printed.join('');

  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const kill = setTimeout(() => child.kill('SIGKILL'), 2000);
    await gone;
    clearTimeout(kill);
  };

  const deadline = Date.now() + within;
  while (!(failure === undefined && (await ready()))) {
    if (failure !== undefined || Date.now() > deadline) {
      await stop();
      throw new Error(
        `${command} ${args.join(' ')}: ${failure ?? `not ready within ${within} ms`}\n${output()}`,
      );
    }
    await sleep(20);
  }
  return { pid: child.pid ?? 0, output, stop, [Symbol.asyncDispose]: () => stop() };
}
