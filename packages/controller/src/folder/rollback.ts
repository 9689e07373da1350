import { readFile } from 'node:fs/promises';
import { ControllerError } from '../error.ts';
import { isSame, sha256, type Fingerprint } from './fingerprint.ts';
import { readFolderFile, resolveTarget } from './folder-file.ts';
import { copyOf, readHistory, type ApplyRecord, type RecordedFile } from './history.ts';
import { withLock } from './lock.ts';
import { resolveFolder } from './paths.ts';
import { defaultLimit } from './read-folder.ts';
import { recoverLocked, type Recovery } from './recover.ts';
import type { OnStep } from './step.ts';
import { commit, type Write } from './transaction.ts';
import { writeTrouble } from './trouble.ts';

export interface RollbackOptions {
  /** Roll back though somebody else changed the files since; what they hold now is kept as a backup too. */
  readonly force?: boolean;
  /** How many applies can be rolled back; the oldest are forgotten. 50 by default. */
  readonly keep?: number;
  /** How long to wait for somebody else who changes the folder, in milliseconds; 2000 by default. */
  readonly wait?: number;
  readonly onStep?: OnStep;
  /** Heeded until the first file is renamed. */
  readonly signal?: AbortSignal;
}

/** What a rollback came to. */
export interface FolderRollback {
  /** `unchanged`: the files were so already. */
  readonly status: 'rolled-back' | 'unchanged';
  /** Names this rollback; rolling it back brings the newer files back. There is none when nothing changed. */
  readonly id?: string;
  /** The record before which the folder is now. */
  readonly to: string;
  readonly changed: readonly string[];
  /** What became of an apply or rollback that had been cut short. */
  readonly recovered?: Recovery;
}

/**
 * Puts a folder back to how it was before an apply: every file that was written since, byte for byte, with its
 * owner, mode, access list and time of change. It is an entry of the history like an apply, and can be
 * rolled back itself.
 *
 * @param id  the apply (or rollback) to undo, with everything after it; by default the latest apply that stands
 * @throws ControllerError `nothing-to-roll-back`, `no-such-apply`, `changed-since`, `damaged-history`, and what
 *   `applyToFolder` throws when files cannot be written
 */
export async function rollbackFolder(
  directory: string,
  id?: string,
  options: RollbackOptions = {},
): Promise<FolderRollback> {
  const folder = await resolveFolder(directory);
  try {
    return await withLock(folder, options.wait ?? 2000, () => rollbackLocked(folder, id, options));
  } catch (error) {
    if (options.signal?.aborted && error === options.signal.reason) throw error;
    throw writeTrouble(folder, error);
  }
}

async function rollbackLocked(
  folder: string,
  id: string | undefined,
  { force = false, keep = 50, onStep = () => undefined, signal }: RollbackOptions,
): Promise<FolderRollback> {
  await onStep('locked');
  const recovered = await recoverLocked(folder);
  const history = await readHistory(folder);
  const to = id ?? latestStanding(history);
  if (to === undefined) {
    throw new ControllerError(
      'nothing-to-roll-back',
      `${folder}: no apply stands that could be rolled back.`,
    );
  }
  const from = history.findIndex((record) => record.id === to);
  if (from < 0) {
    const known = history.map((record) => record.id).join(', ') || 'none';
    throw new ControllerError('no-such-apply', `${folder}: there is no apply ${to}. Known are: ${known}.`);
  }
  if (!force) await refuseChangedSince(folder, history);
  const writes = await writesBack(folder, history.slice(from));
  await onStep('read');
  const news = recovered && { recovered };
  if (writes.length === 0) return { status: 'unchanged', to, changed: [], ...news };
  const done = await commit({
    directory: folder,
    kind: 'rollback',
    to,
    writes,
    seen: {},
    changes: [],
    limit: defaultLimit,
    keep,
    onStep,
    signal,
  });
  return { status: 'rolled-back', id: done, to, changed: writes.map(({ path }) => path), ...news };
}

/**
 * The latest apply that has not been rolled back. A rollback to a record takes the folder to where it was before
 * that record, so what stood then stands again:
 *
 *     apply 1   apply 2   rollback to 2   apply 4   rollback to 4
 *     1         1 2       1               1 4       1
 */
function latestStanding(history: readonly ApplyRecord[]): string | undefined {
  const standingBefore = new Map<string, readonly string[]>();
  let standing: readonly string[] = [];
  for (const record of history) {
    standingBefore.set(record.id, standing);
    standing =
      record.kind === 'apply' ? [...standing, record.id] : (standingBefore.get(record.to ?? '') ?? []);
  }
  return standing.at(-1);
}

/** How each file was left by the latest record that touched it. */
function lastKnown(history: readonly ApplyRecord[]): Map<string, Fingerprint | null> {
  return new Map(history.flatMap((record) => record.files.map(({ path, after }) => [path, after] as const)));
}

async function refuseChangedSince(folder: string, history: readonly ApplyRecord[]): Promise<void> {
  const changed: string[] = [];
  for (const [path, after] of lastKnown(history)) {
    const now = await readFolderFile(folder, path, Number.MAX_SAFE_INTEGER);
    if (!isSame(now?.fingerprint ?? null, after)) changed.push(path);
  }
  if (changed.length === 0) return;
  throw new ControllerError(
    'changed-since',
    `${folder}: ${changed.join(', ')} was changed by somebody else after the last apply, and rolling back would lose that. ` +
      'Look at `postern status` for the difference; roll back with force if it may go (a backup is kept).',
  );
}

/** What has to be written so that every file is as it was before the first of the records. */
async function writesBack(folder: string, records: readonly ApplyRecord[]): Promise<Write[]> {
  const oldest = new Map<string, Omit<RecordedFile, 'path' | 'after'> & { readonly id: string }>();
  for (const { id, files } of records) {
    for (const { path, ...state } of files) if (!oldest.has(path)) oldest.set(path, { id, ...state });
  }
  const writes: Write[] = [];
  for (const [path, { id, before, newFolder }] of oldest) {
    const old = await readFolderFile(folder, path, Number.MAX_SAFE_INTEGER);
    if (isSame(old?.fingerprint ?? null, before) && old?.fingerprint.mtime === before?.mtime) continue;
    const target = old?.target ?? (await resolveTarget(folder, path));
    if (before === null) {
      const oldFolder = newFolder === undefined ? {} : { oldFolder: newFolder };
      if (old) writes.push({ path, target, old, bytes: null, ...oldFolder });
      continue;
    }
    const like = copyOf(folder, id, 'before', path);
    writes.push({ path, target, old, bytes: await readBackup(like, before), like });
  }
  return writes;
}

async function readBackup(file: string, before: Fingerprint): Promise<Buffer> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw damaged(file, error);
  });
  if (sha256(bytes) !== before.sha256) throw damaged(file);
  return bytes;
}

function damaged(file: string, cause?: unknown): ControllerError {
  return new ControllerError(
    'damaged-history',
    `${file}: the backup is missing or was changed, so it is not used. Nothing was changed. Put the file back from a backup of your own.`,
    { cause },
  );
}
