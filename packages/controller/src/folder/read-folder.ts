import { decodeText } from '@postern/config';
import type { Files } from '@postern/plan';
import { ControllerError } from '../error.ts';
import type { Fingerprint } from './fingerprint.ts';
import { readFolderFile } from './folder-file.ts';
import { readJournal, summarise, type Interrupted } from './journal.ts';
import { insideFolder, resolveFolder } from './paths.ts';

/** A Postfix configuration folder on this machine, as it was read. */
export interface ConfigFolder {
  /** Its real path. */
  readonly directory: string;
  /** `main.cf`, `master.cf` where there is one, and what `include` named, by path relative to the folder. */
  readonly files: Files;
  readonly fingerprints: Readonly<Record<string, Fingerprint>>;
  /**
   * An apply or rollback that was cut short: the files may be a mixture of old and new until `recoverFolder`,
   * or the next apply or rollback, has completed or undone it.
   */
  readonly interrupted?: Interrupted;
}

export interface ReadFolderOptions {
  /** Further files to read where they exist, for example `pathsOf(plan)`. */
  readonly include?: readonly string[];
  /** The most bytes of one file; 16 MiB by default. */
  readonly limit?: number;
}

export const defaultLimit: number = 16 * 2 ** 20;

/**
 * Reads a configuration folder. Nothing is written, and nothing is locked.
 *
 * @throws ControllerError `no-such-folder`, `no-such-file` (no main.cf), `unreadable`, `not-a-file`, `too-large`
 *   or `outside-folder`, with the path and what to do in the message
 */
export async function readFolder(
  directory: string,
  { include = [], limit = defaultLimit }: ReadFolderOptions = {},
): Promise<ConfigFolder> {
  const folder = await resolveFolder(directory);
  const files: Record<string, string> = {};
  const fingerprints: Record<string, Fingerprint> = {};
  const paths = new Set(['main.cf', 'master.cf', ...include.map((path) => insideFolder(folder, path))]);
  for (const path of paths) {
    const file = await readFolderFile(folder, path, limit);
    if (!file) continue;
    files[path] = decodeText(file.bytes);
    fingerprints[path] = file.fingerprint;
  }
  if (files['main.cf'] === undefined) {
    throw new ControllerError(
      'no-such-file',
      `${folder}: has no main.cf. Give the folder that holds main.cf, usually /etc/postfix.`,
    );
  }
  const journal = await readJournal(folder);
  return { directory: folder, files, fingerprints, ...(journal && { interrupted: summarise(journal) }) };
}
