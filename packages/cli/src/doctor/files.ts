import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { EnvironmentCheck } from './check.ts';

/** Where changes of this machine are kept, so that they can be undone: below the folder, and for `local`. */
export async function checkFiles(
  places: readonly string[] = ['/etc/postfix', '/var/lib/postern'],
): Promise<EnvironmentCheck[]> {
  const checks = await Promise.all(places.map(checkPlace));
  return checks.flat();
}

async function checkPlace(path: string): Promise<EnvironmentCheck[]> {
  const base = { id: 'state', topic: 'files' } as const;
  const place = await nearest(path);
  try {
    await access(place, constants.W_OK);
    return [
      {
        ...base,
        status: 'pass',
        message: `${path} can be written${place === path ? '' : ', once it is there'}.`,
      },
    ];
  } catch {
    return [
      {
        ...base,
        status: 'info',
        message: `${path} cannot be written as this user.`,
        advice: 'To change this machine, name it "local": that goes through sudo. Reading needs nothing.',
      },
    ];
  }
}

/** The path itself, or what is nearest above it. */
async function nearest(path: string): Promise<string> {
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  return isThere ? path : nearest(dirname(path));
}
