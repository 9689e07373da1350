import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Why a file must not be run or believed: somebody else than whoever runs us, or root, could have written it.
 *
 * @returns what is wrong and what to do; undefined for a file that can be trusted
 */
export function distrust(path: string, uid: number | undefined = process.getuid?.()): string | undefined {
  const file = realpathSync(path);
  if (uid === undefined) return undefined;
  for (const each of [file, dirname(file)]) {
    const { uid: owner, mode } = statSync(each);
    const isSticky = (mode & 0o1000) !== 0 && each !== file;
    // In a folder such as /tmp nobody can replace the file of another.
    if (isSticky) continue;
    if (owner !== uid && owner !== 0)
      return `${each} belongs to another user (uid ${owner}), who could make postern run anything as you; take it over with chown if you trust what it says`;
    if ((mode & 0o002) !== 0)
      return `${each} can be written by everybody, who could make postern run anything as you; after a look at what it says: chmod o-w ${each}`;
  }
  return undefined;
}
