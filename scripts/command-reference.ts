/**
 * Writes what follows from the tree of commands and from the shape of the configuration file: the page of the
 * documentation, the man page, and the JSON Schema.
 *
 *     node --conditions=@postern/source scripts/command-reference.ts            writes them
 *     node --conditions=@postern/source scripts/command-reference.ts --check    writes nothing; exit 1 when one is out of date
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { makeProgram } from '../packages/cli/src/program.ts';
import { configJsonSchema } from '../packages/cli/src/settings/json-schema.ts';
import { manPage } from './command-reference/man-page.ts';
import { markdownPage } from './command-reference/markdown-page.ts';
import { commandsOf } from './command-reference/commands.ts';

const root = join(import.meta.dirname, '..');

const commands = commandsOf(
  makeProgram({
    io: {
      out: () => {},
      err: () => {},
      readInput: () => Promise.resolve(''),
      terminal: false,
      color: false,
      cwd: root,
      signal: new AbortController().signal,
    },
    action: () => () => Promise.resolve(),
    configured: () => ({ suppressions: [] }),
  }),
);

const files: readonly (readonly [path: string, text: string])[] = [
  ['docs/reference/command.md', markdownPage(commands)],
  ['packages/cli/man/postern.1', manPage(commands)],
  ['packages/cli/schema/config.json', JSON.stringify(configJsonSchema())],
];

for (const [path, text] of files) {
  const file = join(root, path);
  const style = (await resolveConfig(file)) ?? {};
  const wanted = file.endsWith('.1') ? text : await format(text, { ...style, filepath: file });
  if (read(file) === wanted) continue;
  if (process.argv.includes('--check')) {
    console.error(
      `${path} is out of date; run node --conditions=@postern/source scripts/command-reference.ts`,
    );
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted);
    console.log(path);
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
