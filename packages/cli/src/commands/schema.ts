import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, exitCode } from '../exit.ts';
import type { AddCommands } from '../program.ts';

export const addSchema: AddCommands = (program, { io, action }) => {
  program
    .command('schema')
    .description('print the JSON Schema of what a command prints with --json, or of the configuration file')
    .argument('[command...]', 'for example queue summary; "config" alone is the configuration file')
    .addHelpText(
      'after',
      '\nExamples:\n  postern schema audit\n  postern schema queue summary\n  postern schema config\n  postern schema',
    )
    .action(
      action(async (words: readonly string[]) => {
        const folder = schemaFolder(dirname(fileURLToPath(import.meta.url)));
        const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));
        const name = words.join('-');
        if (words.length === 0) {
          io.out(`${names.toSorted().join('\n')}\n`);
          return exitCode.clean;
        }
        if (!names.includes(name)) {
          const { didYouMean } = await import('@postern/config');
          const near = didYouMean(name, names) || '; postern schema lists them';
          throw new CommandError('usage', `there is no JSON Schema for ${words.join(' ')}${near}`);
        }
        io.out(readFileSync(join(folder, `${name}.json`), 'utf8'));
        return exitCode.clean;
      }),
    );
};

/** The folder beside package.json, from the source as from the build. */
function schemaFolder(from: string): string {
  const folder = join(from, 'schema');
  if (existsSync(join(folder, 'config.json'))) return folder;
  if (dirname(from) === from)
    throw new CommandError('unknown', 'the JSON Schemas are not where they were installed');
  return schemaFolder(dirname(from));
}
