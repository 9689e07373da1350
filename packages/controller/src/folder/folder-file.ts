import { open, realpath, type FileHandle } from 'node:fs/promises';
import { lstat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ControllerError } from '../error.ts';
import { fingerprint, type Fingerprint } from './fingerprint.ts';
import { errno, readTrouble } from './trouble.ts';
import { constants } from 'node:fs';

/** A file of the folder as it was read. */
export interface FolderFile {
  /** Relative to the folder. */
  readonly path: string;
  /** Where its bytes really are: symbolic links followed. */
  readonly target: string;
  readonly bytes: Buffer;
  readonly fingerprint: Fingerprint;
}

/** Where a path's bytes are or would be: links followed, its folder need not exist yet. */
export async function resolveTarget(directory: string, path: string): Promise<string> {
  const file = join(directory, path);
  try {
    return await realpath(file);
  } catch (error) {
    if (errno(error) !== 'ENOENT') throw readTrouble(file, error);
  }
  const link = await lstat(file).catch(() => undefined);
  if (link?.isSymbolicLink()) {
    throw new ControllerError(
      'not-a-file',
      `${file}: is a symbolic link to a file that is not there. Put its target in place, or take the link away.`,
    );
  }
  const parent = await realpath(dirname(file)).catch(() => dirname(file));
  return join(parent, basename(file));
}

/**
 * Reads one file of the folder, of at most `limit` bytes.
 *
 * @returns undefined where there is none
 * @throws ControllerError `unreadable`, `not-a-file` or `too-large`
 */
export async function readFolderFile(
  directory: string,
  path: string,
  limit: number,
): Promise<FolderFile | undefined> {
  const file = join(directory, path);
  const target = await resolveTarget(directory, path);
  let handle: FileHandle;
  try {
    // A named pipe would keep an ordinary open waiting for its writer.
    handle = await open(target, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errno(error) === 'ENOENT') return undefined;
    if (errno(error) === 'ENOTDIR') return undefined;
    if (errno(error) === 'ENXIO') throw notAFile(file);
    throw readTrouble(file, error);
  }
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notAFile(file);
    if (stats.size > BigInt(limit)) throw tooLarge(file, stats.size, limit);
    const bytes = await readAtMost(handle, limit + 1);
    if (bytes.length > limit) throw tooLarge(file, BigInt(bytes.length), limit);
    return { path, target, bytes, fingerprint: fingerprint(bytes, stats) };
  } catch (error) {
    if (error instanceof ControllerError) throw error;
    throw readTrouble(file, error);
  } finally {
    await handle.close();
  }
}

/** Reads to the end, whatever the size said: it may grow while it is read. */
async function readAtMost(handle: FileHandle, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let total = 0; total < most;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(64 * 1024, most - total)), 0);
    if (bytesRead === 0) break;
    pieces.push(buffer.subarray(0, bytesRead));
    total += bytesRead;
  }
  return Buffer.concat(pieces);
}

function notAFile(file: string): ControllerError {
  return new ControllerError(
    'not-a-file',
    `${file}: is no ordinary file. Put an ordinary file in its place.`,
  );
}

function tooLarge(file: string, size: bigint, limit: number): ControllerError {
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  return new ControllerError(
    'too-large',
    `${file}: has ${mebibytes(Number(size))}, more than the limit of ${mebibytes(limit)}. ` +
      'Check that it is what it should be; a table does not belong into a configuration file.',
  );
}
