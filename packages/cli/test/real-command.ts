import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** What Node is given to run the command from its sources. */
export const program: readonly string[] = [
  '--conditions=@postern/source',
  '--disable-warning=ExperimentalWarning',
  join(import.meta.dirname, '../src/main.ts'),
];

/** Nothing that a test waits for here may take so long, in ms, on whatever machine. */
export const longest = 20_000;

export interface CommandEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** One command line in a process of its own, as in a terminal of its own. */
export interface RealCommand extends AsyncDisposable {
  /** Its standard input, which stays open until the test ends it. */
  readonly input: Writable;
  /** What it has printed so far. */
  out(): string;
  /** Presses Ctrl-C. */
  interrupt(): void;
  /** What is wanted, while the command is at work; an Error that says what did not come, when it ends before or after 20 s. */
  meanwhile<T>(what: string, wanted: Promise<T>): Promise<T>;
  /** @returns how it ended and what it said; an Error when it has not ended after a minute, and then it is killed */
  ended(): Promise<CommandEnd>;
}

export function startCommand(argv: readonly string[], options: { cwd?: string } = {}): RealCommand {
  const child = spawn(process.execPath, [...program, ...argv], { ...options, stdio: 'pipe' });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk) => (said.err += String(chunk)));
  child.stdin.on('error', () => {}); // it may end before it has read all
  const end = endOf(child, said);
  return {
    input: child.stdin,
    out: () => said.out,
    interrupt: () => void child.kill('SIGINT'),
    async meanwhile(what, wanted) {
      const limit = new AbortController();
      const tooEarly = end.then(() => {
        throw new Error(`postern ${argv.join(' ')} ended before ${what}:\n${said.out}${said.err}`);
      });
      const tooLate = sleep(longest, undefined, { signal: limit.signal }).then(() => {
        throw new Error(`postern ${argv.join(' ')}: ${what} did not come within ${longest} ms`);
      });
      for (const each of [tooEarly, tooLate]) each.catch(() => {});
      return await Promise.race([wanted, tooEarly, tooLate]).finally(() => limit.abort());
    },
    async ended() {
      const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
      const how = await end;
      clearTimeout(limit);
      if (how.signal === 'SIGKILL')
        throw new Error(`postern ${argv.join(' ')} did not end:\n${said.out}${said.err}`);
      return { ...how, ...said };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await end;
    },
  };
}

function endOf(child: ChildProcess, said: { err: string }): Promise<Pick<CommandEnd, 'code' | 'signal'>> {
  return new Promise((done) => {
    child.once('error', (error) => {
      said.err += error.message;
      done({ code: null, signal: null });
    });
    child.once('close', (code, signal) => done({ code, signal }));
  });
}
