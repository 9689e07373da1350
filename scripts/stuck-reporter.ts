import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** No test file of ours needs half of this, even on a machine that does much else. */
const longestFile = 20 * 60_000;
const tick = 5_000;

/** A process that runs one test file. */
interface Worker {
  readonly pid: string;
  readonly since: number;
  readonly file: string;
  /** Its standard output and error, as the kernel names them. */
  readonly outputs: readonly string[];
}

/**
 * Brings a run to its end where vitest would wait for ever, and names the test file.
 *
 * vitest's limits are timers within the worker: a loop that never yields keeps them from firing. And it waits for
 * the end of a worker's output, which a process that a test left behind may hold open.
 */
export default class StuckReporter implements Reporter {
  readonly #workers = new Map<string, Worker>();
  #timer: NodeJS.Timeout | undefined;

  onTestRunStart(): void {
    if (process.platform === 'linux') this.#timer = setInterval(() => this.#look(), tick).unref();
  }

  onTestModuleStart({ moduleId }: TestModule): void {
    if (process.platform !== 'linux') return;
    for (const pid of children())
      if (!this.#workers.has(pid)) {
        const outputs = ['1', '2'].flatMap((fd) => target(pid, fd) ?? []);
        this.#workers.set(pid, { pid, since: Date.now(), file: relative('.', moduleId), outputs });
      }
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const alive = new Set(children());
    for (const worker of this.#workers.values()) {
      const { pid, since, file, outputs } = worker;
      if (!alive.has(pid)) {
        this.#workers.delete(pid);
        for (const stray of holders(outputs)) end(stray, `left behind by ${file}`);
      } else if (Date.now() - since > longestFile) {
        end(pid, `${file} has not come to an end in ${longestFile / 60_000} min`);
      }
    }
  }
}

/** The workers of this run. */
function children(): string[] {
  const main = String(process.pid);
  const threads = list(`/proc/${main}/task`);
  return threads
    .flatMap((thread) => read(`/proc/${main}/task/${thread}/children`).trim().split(' '))
    .filter((pid) => /vitest\/dist\/workers\/forks/.test(read(`/proc/${pid}/cmdline`)));
}

/** Every process that has one of these open, but ourselves. */
function holders(outputs: readonly string[]): string[] {
  return list('/proc').filter(
    (pid) =>
      /^\d+$/.test(pid) &&
      pid !== String(process.pid) &&
      list(`/proc/${pid}/fd`).some((fd) => outputs.includes(target(pid, fd) ?? '')),
  );
}

function end(pid: string, why: string): void {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 200);
  process.stdout.write(`stopped: process ${pid} (${command}): ${why}\n`);
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

// Processes come and go while /proc is read.

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function target(pid: string, fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return undefined;
  }
}
