/**
 * Runs command lines in one process, one after the other, as somebody would who says yes to every question:
 *
 *     node run-examples.ts <lines.json    each `{ words, input? }`; prints each `{ code, said }`
 */
import { readFileSync } from 'node:fs';
import { runCommand } from '../../packages/cli/src/index.ts';

export interface ExampleLine {
  readonly words: readonly string[];
  /** The file that is its standard input. */
  readonly input?: string | undefined;
}

export interface ExampleEnd {
  readonly code: number;
  readonly said: string;
}

/** What goes on until Ctrl-C. */
const servers = /^(?:web|policy serve(?!.*--check)|fleet worker)\b/;

const lines = JSON.parse(readFileSync(0, 'utf8')) as readonly ExampleLine[];
const ends: ExampleEnd[] = [];
for (const { words, input } of lines) {
  const isServer = servers.test(words.join(' '));
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), isServer ? 500 : 20_000);
  let said = '';
  const say = (data: string | Uint8Array): void => {
    if (said.length < 2000) said += String(data);
  };
  const code = await runCommand(words, {
    out: say,
    err: say,
    readInput: () => Promise.resolve(input === undefined ? '' : readFileSync(input, 'utf8')),
    confirm: () => Promise.resolve(true),
    terminal: false,
    color: false,
    cwd: process.cwd(),
    signal: abort.signal,
  });
  clearTimeout(timer);
  ends.push({ code, said });
}
process.stdout.write(JSON.stringify(ends), () => process.exit());
