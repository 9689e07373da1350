import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ControllerError } from '../error.ts';
import { replaceDurably, syncFolder } from './durable.ts';
import type { Fingerprint } from './fingerprint.ts';
import { stateFolder } from './paths.ts';
import { errno } from './trouble.ts';

/**
 * What is being done to a folder, written down before it is done, so that the next run can complete or undo it.
 *
 *     preparing    backups and new files are being laid out beside the old ones; nothing has changed yet
 *     committing   the new files are complete; they are being moved into place one by one
 *     (no journal) all is done
 */
export interface Journal {
  readonly version: 1;
  readonly phase: 'preparing' | 'committing';
  readonly id: string;
  readonly kind: 'apply' | 'rollback';
  /** When it began, ISO 8601. */
  readonly at: string;
  readonly writes: readonly JournalWrite[];
}

/** One file to be replaced, created (`before` is null) or removed (`after` is null). */
export interface JournalWrite {
  readonly path: string;
  readonly target: string;
  /** The new file beside the target, until it takes the target's place. */
  readonly stage: string;
  readonly before: Fingerprint | null;
  readonly after: Fingerprint | null;
  /** The topmost folder that has to be made for the file. */
  readonly newFolder?: string;
  /** The topmost folder that was made for a file that is now removed; it goes too, if nothing else is in it. */
  readonly oldFolder?: string;
}

/** An apply or rollback that was cut short. */
export interface Interrupted {
  readonly id: string;
  readonly kind: 'apply' | 'rollback';
  readonly at: string;
  readonly paths: readonly string[];
}

export function summarise({ id, kind, at, writes }: Journal): Interrupted {
  return { id, kind, at, paths: writes.map(({ path }) => path) };
}

function journalFile(directory: string): string {
  return join(stateFolder(directory), 'journal.json');
}

/** The journal of a folder, if something is under way or was cut short. */
export async function readJournal(directory: string): Promise<Journal | undefined> {
  const file = journalFile(directory);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    // Who may not look into the state has nothing to recover either.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errno(error))) return undefined;
    throw error;
  }
  try {
    const journal = JSON.parse(text) as Journal;
    if (journal.version === 1 && Array.isArray(journal.writes)) return journal;
  } catch {
    // Falls through: a journal is moved into place whole, so a broken one was broken by somebody.
  }
  throw new ControllerError(
    'damaged-history',
    `${file}: is not a journal that this version can read. Compare main.cf and master.cf with the backups in ` +
      `${join(stateFolder(directory), 'applies')}, put the right ones in place, and remove the journal.`,
  );
}

export async function writeJournal(directory: string, journal: Journal): Promise<void> {
  await replaceDurably(journalFile(directory), `${JSON.stringify(journal, undefined, 2)}\n`);
}

export async function removeJournal(directory: string): Promise<void> {
  await rm(journalFile(directory), { force: true });
  await rm(`${journalFile(directory)}.new`, { force: true });
  await syncFolder(stateFolder(directory));
}
