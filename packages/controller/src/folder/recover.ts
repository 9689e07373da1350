import { rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ControllerError } from '../error.ts';
import { copyAttributes } from './attributes.ts';
import { makeFolders, syncFile, syncFolder, writeDurably } from './durable.ts';
import { isSame, type Fingerprint } from './fingerprint.ts';
import { readFolderFile } from './folder-file.ts';
import { copyOf, recordFolder } from './history.ts';
import {
  readJournal,
  removeJournal,
  summarise,
  type Interrupted,
  type Journal,
  type JournalWrite,
} from './journal.ts';
import { withLock } from './lock.ts';
import { resolveFolder } from './paths.ts';
import { errno, writeTrouble } from './trouble.ts';

/** What became of an apply or rollback that was cut short. */
export interface Recovery extends Interrupted {
  /**
   * `discarded`: it had not changed anything yet, and its leftovers are gone. `completed`: the new files are in place.
   * `undone`: the old ones are. `kept`: the files were left as they are because that was asked for.
   */
  readonly outcome: 'discarded' | 'completed' | 'undone' | 'kept';
  /** One sentence for people. */
  readonly message: string;
}

export interface RecoverOptions {
  /** What to do when files were changed after the interruption; by default that is an error. */
  readonly resolve?: 'complete' | 'undo' | 'keep';
  /** How long to wait for somebody else who changes the folder, in milliseconds; 2000 by default. */
  readonly wait?: number;
}

/**
 * Completes or undoes an apply or rollback that was cut short (a power failure, a kill -9). It is completed when
 * at least one new file is in place already and the others are at hand, else undone. Applying and rolling
 * back do this first.
 *
 * @returns undefined when nothing was cut short
 * @throws ControllerError `interrupted` when a file is neither the old nor the new one and `resolve` is not given
 */
export async function recoverFolder(
  directory: string,
  { resolve, wait = 2000 }: RecoverOptions = {},
): Promise<Recovery | undefined> {
  const folder = await resolveFolder(directory);
  if (!(await readJournal(folder))) return undefined;
  try {
    return await withLock(folder, wait, () => recoverLocked(folder, resolve));
  } catch (error) {
    throw writeTrouble(folder, error, 'What was cut short still is.');
  }
}

/** The same for a caller who holds the lock. */
export async function recoverLocked(
  directory: string,
  resolve?: RecoverOptions['resolve'],
): Promise<Recovery | undefined> {
  const journal = await readJournal(directory);
  if (!journal) return undefined;
  const outcome = await settle(directory, journal, resolve);
  return { ...summarise(journal), outcome, message: `${directory}: ${sentences[outcome](journal)}` };
}

const sentences: Readonly<Record<Recovery['outcome'], (journal: Journal) => string>> = {
  discarded: ({ kind, at }) =>
    `the ${kind} of ${at} was cut short before it changed anything; its leftovers are removed`,
  completed: ({ kind, at }) => `the ${kind} of ${at} was cut short between its files; it is completed now`,
  undone: ({ kind, at }) => `the ${kind} of ${at} was cut short; the files are as they were before it`,
  kept: ({ kind, at }) => `the ${kind} of ${at} was cut short; the files are left as they are`,
};

async function settle(
  directory: string,
  journal: Journal,
  resolve: RecoverOptions['resolve'],
): Promise<Recovery['outcome']> {
  if (journal.phase === 'preparing') {
    await undo(directory, journal);
    return 'discarded';
  }
  const states = await Promise.all(journal.writes.map((write) => stateOf(write)));
  if (resolve === 'keep') {
    await discard(directory, journal);
    return 'kept';
  }
  const strangers = journal.writes.filter((_, index) => states[index] === 'other');
  if (strangers.length > 0 && resolve === undefined) throw undecided(directory, journal, strangers);
  const isBegun = states.some((state) => state === 'after');
  const canComplete = await allStaged(journal.writes.filter((_, index) => states[index] !== 'after'));
  if (resolve === 'complete' ? canComplete : resolve === undefined && isBegun && canComplete) {
    await complete(directory, journal, states);
    return 'completed';
  }
  await undo(directory, journal);
  return 'undone';
}

async function stateOf({ target, before, after }: JournalWrite): Promise<'before' | 'after' | 'other'> {
  const now = await fingerprintOf(target);
  if (isSame(now, after)) return 'after';
  return isSame(now, before) ? 'before' : 'other';
}

async function fingerprintOf(file: string): Promise<Fingerprint | null> {
  return (await readFolderFile(dirname(file), basename(file), Number.MAX_SAFE_INTEGER))?.fingerprint ?? null;
}

async function allStaged(writes: readonly JournalWrite[]): Promise<boolean> {
  for (const { stage, after } of writes) {
    if (after !== null && !isSame(await fingerprintOf(stage), after)) return false;
  }
  return true;
}

/** Gives one new file its name, or takes a file away. */
export async function moveIntoPlace({ target, stage, after, oldFolder }: JournalWrite): Promise<void> {
  if (after !== null) return rename(stage, target);
  await rm(target, { force: true });
  if (oldFolder !== undefined) await removeEmptyFolders(dirname(target), oldFolder);
}

/** Waits until the names are on the disk; a folder that has gone needs no waiting. */
export async function syncTargets({ writes }: Journal): Promise<void> {
  for (const folder of new Set(writes.map(({ target }) => dirname(target)))) {
    await syncFolder(folder).catch((error: unknown) => {
      if (errno(error) !== 'ENOENT') throw error;
    });
  }
}

async function complete(directory: string, journal: Journal, states: readonly string[]): Promise<void> {
  for (const [index, write] of journal.writes.entries()) {
    if (states[index] === 'after' && write.after !== null) await rm(write.stage, { force: true });
    else await moveIntoPlace(write);
  }
  await syncTargets(journal);
  await removeJournal(directory);
}

/** Puts every old file back and removes every trace of the attempt. Can itself be cut short and begun again. */
export async function undo(directory: string, journal: Journal): Promise<void> {
  if (journal.phase === 'committing') {
    for (const write of journal.writes) await putBack(directory, journal, write);
    await syncTargets(journal);
  }
  await discard(directory, journal);
}

async function putBack(
  directory: string,
  { id }: Journal,
  { path, target, stage, before }: JournalWrite,
): Promise<void> {
  if (before === null) {
    await rm(target, { force: true });
    return;
  }
  if (isSame(await fingerprintOf(target), before)) return;
  const backup = copyOf(directory, id, 'before', path);
  const copy = await readFolderFile(dirname(backup), basename(backup), Number.MAX_SAFE_INTEGER);
  if (!copy || !isSame(copy.fingerprint, before)) {
    throw new ControllerError(
      'damaged-history',
      `${backup}: is missing or is not what ${target} was. Put the right ${path} in place by hand, then remove the journal.`,
    );
  }
  await makeFolders(dirname(target));
  // The backup itself goes back where it can: that takes no space on a full disk.
  try {
    await rename(backup, target);
  } catch {
    await rm(stage, { force: true });
    await writeDurably(stage, copy.bytes);
    await copyAttributes(backup, stage);
    await syncFile(stage);
    await rename(stage, target);
  }
}

/** Removes new files that were not used, the record and at last the journal. */
async function discard(directory: string, journal: Journal): Promise<void> {
  for (const { stage, newFolder } of journal.writes) {
    await rm(stage, { force: true });
    if (newFolder !== undefined) await removeEmptyFolders(dirname(stage), newFolder);
  }
  await rm(recordFolder(directory, journal.id), { recursive: true, force: true });
  await rmdir(dirname(recordFolder(directory, journal.id))).catch(() => undefined);
  await removeJournal(directory);
}

/** Folders that were made for a new file go with it, if nothing else is in them. */
async function removeEmptyFolders(folder: string, topmost: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch {
    return;
  }
  if (folder !== topmost) await removeEmptyFolders(dirname(folder), topmost);
}

function undecided(directory: string, journal: Journal, strangers: readonly JournalWrite[]): ControllerError {
  return new ControllerError(
    'interrupted',
    `${directory}: the ${journal.kind} of ${journal.at} was cut short, and ${strangers.map(({ path }) => path).join(', ')} ` +
      `was changed by somebody else since. Compare with ${join(recordFolder(directory, journal.id), 'before')} and ` +
      `${join(recordFolder(directory, journal.id), 'after')}, then recover with "keep", "undo" or "complete".`,
  );
}
