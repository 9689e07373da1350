import { spawn } from 'node:child_process';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../src/main.ts');

/** One command line in a process of its own, as in a terminal of its own. */
export interface RealCommand extends AsyncDisposable {
  /** Presses Ctrl-C. */
  interrupt(): void;
  /** @returns how it ended and what it said; an Error when it has not ended after a minute, and then it is killed */
  ended(): Promise<{ code: number | null; signal: string | null; out: string; err: string }>;
}

export function startCommand(argv: readonly string[], options: { cwd?: string } = {}): RealCommand {
  const child = spawn(process.execPath, ['--conditions=@postern/source', program, ...argv], {
    ...options,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk) => (said.err += String(chunk)));
  const end = new Promise<{ code: number | null; signal: string | null }>((done) => {
    child.once('error', (error) => {
      said.err += error.message;
      done({ code: null, signal: null });
    });
    child.once('close', (code, signal) => done({ code, signal }));
  });
  return {
    interrupt: () => void child.kill('SIGINT'),
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
