import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { ControllerError } from '../error.ts';
import { errno, readTrouble } from './trouble.ts';

/** The folder inside a configuration folder that keeps backups, history, the journal and the lock. Postfix ignores it. */
const stateName = '.postern';

/** The real path of a configuration folder. */
export async function resolveFolder(directory: string): Promise<string> {
  const named = resolve(directory);
  try {
    const real = await realpath(named);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    if (errno(error) !== 'ENOENT' && errno(error) !== 'ENOTDIR') throw readTrouble(named, error);
    throw new ControllerError(
      'no-such-folder',
      `${named}: there is no such folder. Give the folder that holds main.cf.`,
      {
        cause: error,
      },
    );
  }
  throw new ControllerError(
    'no-such-folder',
    `${named}: is no folder. Give the folder that holds main.cf, not the file.`,
  );
}

/**
 * A path of a plan as a path inside the folder.
 *
 * @throws ControllerError `outside-folder` for one that leads elsewhere, or into our own state
 */
export function insideFolder(directory: string, path: string): string {
  const inside = isAbsolute(path) ? relative(directory, normalize(path)) : normalize(path);
  const first = inside.split(sep)[0];
  if (inside === '' || inside === '.' || first === '..' || first === stateName || path.includes('\0')) {
    throw new ControllerError(
      'outside-folder',
      `${path}: is not a file inside ${directory}. Name it relative to the configuration folder.`,
    );
  }
  return inside;
}

/** Where the state of a folder is kept. */
export function stateFolder(directory: string): string {
  return join(directory, stateName);
}
