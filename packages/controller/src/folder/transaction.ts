import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Change } from '@postern/plan';
import { ControllerError } from '../error.ts';
import { copyAttributes, setAttributes, touch } from './attributes.ts';
import { makeFolders, syncFile, syncFolder, writeDurably } from './durable.ts';
import { isSame, type Fingerprint } from './fingerprint.ts';
import { readFolderFile, type FolderFile } from './folder-file.ts';
import {
  copyOf,
  forgetOld,
  makeRecordFolder,
  nextId,
  recordFile,
  recordFolder,
  whoAmI,
  type ApplyRecord,
} from './history.ts';
import { removeJournal, writeJournal, type Journal, type JournalWrite } from './journal.ts';
import { moveIntoPlace, syncTargets, undo } from './recover.ts';
import type { OnStep } from './step.ts';
import { writeTrouble } from './trouble.ts';

/** A file that is to become something else. */
export interface Write {
  readonly path: string;
  readonly target: string;
  /** What is there now; undefined to create the file. */
  readonly old: FolderFile | undefined;
  /** The new bytes; null removes the file. */
  readonly bytes: Buffer | null;
  /** The file to take owner, mode, access list and times from; by default the old one, with the time of now. */
  readonly like?: string;
  readonly mode?: number;
  readonly owner?: string;
  readonly group?: string;
  /** The topmost folder that goes with a removed file, if nothing else is in it. */
  readonly oldFolder?: string;
}

export interface Transaction {
  readonly directory: string;
  readonly kind: 'apply' | 'rollback';
  readonly to?: string;
  readonly writes: readonly Write[];
  readonly seen: Readonly<Record<string, Fingerprint>>;
  readonly changes: readonly Change[];
  readonly limit: number;
  readonly keep: number;
  readonly onStep: OnStep;
  readonly signal: AbortSignal | undefined;
}

/**
 * Replaces several files so that the folder has all of the old or all of the new ones, whatever happens: backups
 * and new files are laid out first, then a journal says what will be, then each file is renamed into place.
 * The caller holds the lock.
 *
 * @returns the id of the record in the folder's history
 * @throws ControllerError when it could not be done; the files are then as they were, unless the code is `interrupted`
 */
export async function commit(transaction: Transaction): Promise<string> {
  const { directory, writes, onStep } = transaction;
  const at = new Date();
  const id = await nextId(directory, at).catch((error: unknown) => {
    throw writeTrouble(directory, error);
  });
  const draft: Journal = {
    version: 1,
    phase: 'preparing',
    id,
    kind: transaction.kind,
    at: at.toISOString(),
    writes: await Promise.all(writes.map((write) => draftWrite(write, id))),
  };
  const journal = await prepare(transaction, draft);

  let path = directory;
  try {
    for (const write of journal.writes) {
      path = write.target;
      await moveIntoPlace(write);
      await onStep('renamed', write.path);
    }
    path = directory;
    await syncTargets(journal);
    await onStep('synced');
  } catch (error) {
    await undoOrSay(directory, journal, error);
    throw writeTrouble(path, error, 'The old files are in place again.');
  }
  await removeJournal(directory).catch((error: unknown) => {
    throw writeTrouble(directory, error, 'The new files are in place; the next run will see to the rest.');
  });
  await forgetOld(directory, transaction.keep).catch(() => undefined);
  await onStep('finished');
  return id;
}

async function draftWrite({ path, target, old, oldFolder }: Write, id: string): Promise<JournalWrite> {
  const stage = join(dirname(target), `.${basename(target)}.postern-${id}`);
  const newFolder = await topmostMissing(dirname(target));
  return {
    path,
    target,
    stage,
    before: old?.fingerprint ?? null,
    after: null,
    ...(newFolder !== undefined && { newFolder }),
    ...(oldFolder !== undefined && { oldFolder }),
  };
}

async function topmostMissing(folder: string): Promise<string | undefined> {
  const exists = await stat(folder).then(
    () => true,
    () => false,
  );
  return exists ? undefined : ((await topmostMissing(dirname(folder))) ?? folder);
}

/** Lays out backups and new files, then writes the journal of what is about to happen. Until then nothing has changed. */
async function prepare(transaction: Transaction, draft: Journal): Promise<Journal> {
  const { directory, writes, onStep, signal } = transaction;
  let path = directory;
  try {
    await writeJournal(directory, draft);
    await makeRecordFolder(directory, draft.id);
    await onStep('preparing');
    for (const write of writes) {
      signal?.throwIfAborted();
      path = write.target;
      await backUp(directory, draft.id, write);
      await onStep('backed-up', write.path);
    }
    const staged: JournalWrite[] = [];
    for (const [index, write] of writes.entries()) {
      signal?.throwIfAborted();
      path = write.target;
      staged.push(await layOut(transaction, draft, draft.writes[index]!, write));
      await onStep('staged', write.path);
    }
    path = directory;
    const journal: Journal = { ...draft, phase: 'committing', writes: staged };
    await writeRecord(transaction, journal);
    await refuseIfChanged(transaction);
    signal?.throwIfAborted();
    await writeJournal(directory, journal);
    await onStep('committing');
    return journal;
  } catch (error) {
    await undoOrSay(directory, draft, error);
    if (signal?.aborted && error === signal.reason) throw error;
    throw writeTrouble(path, error);
  }
}

async function backUp(directory: string, id: string, { path, target, old }: Write): Promise<void> {
  if (!old) return;
  const copy = copyOf(directory, id, 'before', path);
  await writeDurably(copy, old.bytes);
  await copyAttributes(target, copy);
  await syncFile(copy);
}

async function layOut(
  { directory, limit }: Transaction,
  { id }: Journal,
  write: JournalWrite,
  { path, old, bytes, like, mode, owner, group }: Write,
): Promise<JournalWrite> {
  if (bytes === null) return write;
  await makeFolders(dirname(write.stage));
  await writeDurably(write.stage, bytes);
  const model = like ?? (old && write.target);
  if (model !== undefined) await copyAttributes(model, write.stage);
  if (like === undefined) await touch(write.stage);
  await setAttributes(write.stage, {
    ...(mode !== undefined && { mode }),
    ...(owner && { owner }),
    ...(group && { group }),
  });
  await syncFile(write.stage);
  await writeDurably(copyOf(directory, id, 'after', path), bytes);
  const staged = await readFolderFile(
    dirname(write.stage),
    basename(write.stage),
    Math.max(limit, bytes.length),
  );
  return { ...write, after: staged?.fingerprint ?? null };
}

async function writeRecord({ directory, to, seen, changes }: Transaction, journal: Journal): Promise<void> {
  const record: ApplyRecord = {
    id: journal.id,
    kind: journal.kind,
    ...(to !== undefined && { to }),
    at: journal.at,
    by: whoAmI(),
    files: journal.writes.map(({ path, before, after, newFolder }) => ({
      path,
      before,
      after,
      ...(newFolder !== undefined && { newFolder }),
    })),
    seen,
    changes,
  };
  await writeDurably(recordFile(directory, journal.id), `${JSON.stringify(record, undefined, 2)}\n`);
  await syncFolder(recordFolder(directory, journal.id));
}

/** The last look before the point of no return: an editor may have saved while we prepared. */
async function refuseIfChanged({ directory, writes, limit }: Transaction): Promise<void> {
  for (const { path, old } of writes) {
    const now = await readFolderFile(directory, path, Math.max(limit, old?.bytes.length ?? 0));
    if (!isSame(now?.fingerprint ?? null, old?.fingerprint ?? null))
      throw changedMeanwhile(directory, [path]);
  }
}

export function changedMeanwhile(directory: string, paths: readonly string[]): ControllerError {
  return new ControllerError(
    'changed-meanwhile',
    `${paths.map((path) => join(directory, path)).join(', ')}: was changed by somebody else since it was read. ` +
      'Nothing was changed. Make the plan again from the files as they are now.',
  );
}

/** Undoes what was begun; where even that fails, the journal stays for the next run and the error says so. */
async function undoOrSay(directory: string, journal: Journal, cause: unknown): Promise<void> {
  try {
    await undo(directory, journal);
  } catch (error) {
    const reasons = [cause, error].map((each) => (each instanceof Error ? each.message : String(each)));
    throw new ControllerError(
      'interrupted',
      `${directory}: ${reasons[0]}; undoing it failed too: ${reasons[1]}. The old files are kept in ` +
        `${recordFolder(directory, journal.id)}. Mend the cause; the next apply or rollback completes or undoes this one first.`,
      { cause },
    );
  }
}
