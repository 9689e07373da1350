import { mkdir, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errno } from './trouble.ts';

/** Writes a file that must not be there yet, with mode 0600, and waits until it is on the disk. */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Replaces a file of our own state in one step. */
export async function replaceDurably(path: string, content: string): Promise<void> {
  const fresh = `${path}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, path);
  await syncFolder(dirname(path));
}

/** Waits until a file's attributes are on the disk. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Waits until the names in a folder are on the disk: a rename is durable only then. */
export async function syncFolder(path: string): Promise<void> {
  await syncFile(path);
}

/**
 * Makes a folder and those above it where they are missing. Node's own recursive mkdir says "no such file" of
 * a read-only file system.
 */
export async function makeFolders(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    if (errno(error) === 'EEXIST') return;
    if (errno(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolders(dirname(path), mode);
    await makeFolders(path, mode);
  }
}
