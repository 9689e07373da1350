import { createInterface } from 'node:readline/promises';
import { addAbortSignal } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { mayColour } from './colour.ts';
import type { Io } from './io.ts';
import { runCommand } from './program.ts';

const abort = new AbortController();
process.once('SIGINT', () => abort.abort());
process.once('SIGTERM', () => abort.abort());

// A reader that went away (postern … | head) is no error of ours: nothing more is begun for it, what was begun goes
// to its end, and the exit code stays true.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    abort.abort();
  });
}

const terminal = process.stdout.isTTY;
const io: Io = {
  out: (data) => void process.stdout.write(data),
  err: (data) => void process.stderr.write(data),
  readInput,
  confirm: process.stdin.isTTY ? askOnTerminal : undefined,
  askSecret: process.stdin.isTTY ? askSecretOnTerminal : undefined,
  terminal,
  color: mayColour(terminal, process.env),
  cwd: process.cwd(),
  signal: abort.signal,
};

process.exitCode = await runCommand(process.argv.slice(2), io);

/** Bytes that are not UTF-8 are kept, as they are in files. */
async function readInput(): Promise<string> {
  const { decodeText } = await import('@postern/config');
  return decodeText(await buffer(addAbortSignal(abort.signal, process.stdin)));
}

async function askOnTerminal(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: abort.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

async function askSecretOnTerminal(question: string): Promise<string> {
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message: question, output: process.stderr });
  if (isCancel(answer)) {
    abort.abort();
    return '';
  }
  return answer;
}
