import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export const programArguments: readonly string[] = [
  '--conditions=@postern/source',
  '--disable-warning=ExperimentalWarning',
  join(import.meta.dirname, 'program.ts'),
];

export interface ProgramEnd {
  readonly signal: NodeJS.Signals | null;
  /** The steps that were done, in order. */
  readonly steps: readonly string[];
  /** What it printed, if it came so far. */
  readonly result: Readonly<Record<string, unknown>> | undefined;
}

/** Runs program.ts to its end. */
export async function runProgram(job: object): Promise<ProgramEnd> {
  const child = startProgram(job);
  const [stdout, stderr] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close'),
  ]);
  if (child.exitCode !== 0 && child.signalCode === null) throw new Error(stderr);
  return {
    signal: child.signalCode,
    steps: stderr.split('\n').filter(Boolean),
    result: stdout === '' ? undefined : (JSON.parse(stdout) as Record<string, unknown>),
  };
}

export function startProgram(job: object): ChildProcess {
  return spawn(process.execPath, [...programArguments, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Resolves when the program has done a step. */
export async function untilStep(child: ChildProcess, step: string): Promise<void> {
  let seen = '';
  for await (const chunk of child.stderr!) {
    seen += String(chunk);
    if (seen.split('\n').includes(step)) return;
  }
  throw new Error(`the program ended before ${step}:\n${seen}`);
}
