import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from '../exit.ts';

const names = ['postern.config.ts', 'postern.config.mjs', 'postern.config.json'];

/**
 * The configuration file for a folder: its own, or that of the nearest folder above. The root of a git checkout and
 * the home folder are the last to be looked into.
 *
 * @throws CommandError when a folder has two
 */
export function findConfigFile(folder: string, home: string = homedir()): string | undefined {
  const [found, second] = names.filter((name) => existsSync(join(folder, name)));
  if (found !== undefined && second !== undefined)
    throw new CommandError(
      'usage',
      `${folder} has both ${found} and ${second}: keep one of them, or choose with --config`,
    );
  if (found !== undefined) return join(folder, found);
  const above = dirname(folder);
  const isLast = above === folder || folder === home || existsSync(join(folder, '.git'));
  return isLast ? undefined : findConfigFile(above, home);
}
