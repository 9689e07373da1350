import { runCommand, type ExitCode, type Io } from '../src/index.ts';

export interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line in this process, as a pipe would see it. */
export async function run(argv: readonly string[], io: Partial<Io> & { input?: string } = {}): Promise<Ran> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const { input = '', ...rest } = io;
  const code = await runCommand(argv, {
    out: (data) => void out.push(Buffer.from(data)),
    err: (data) => void err.push(Buffer.from(data)),
    readInput: () => Promise.resolve(input),
    terminal: false,
    color: false,
    cwd: process.cwd(),
    signal: new AbortController().signal,
    ...rest,
  });
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}
