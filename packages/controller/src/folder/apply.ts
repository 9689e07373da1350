import { readJournal } from './journal.ts';
import type { Change, Files, Plan } from '@postern/plan';
import { ControllerError } from '../error.ts';
import { changeFiles } from './change-files.ts';
import type { Fingerprint } from './fingerprint.ts';
import { withLock } from './lock.ts';
import { resolveFolder } from './paths.ts';
import { defaultLimit, type ConfigFolder } from './read-folder.ts';
import { recoverLocked, type Recovery } from './recover.ts';
import type { OnStep } from './step.ts';
import { changedMeanwhile, commit } from './transaction.ts';
import { writeTrouble } from './trouble.ts';
import { refuseInvalid } from './validate.ts';

export interface ApplyOptions {
  /** What the plan was made from (`readFolder`): when a file is different by now, nothing is changed. */
  readonly basedOn?: Pick<ConfigFolder, 'fingerprints'>;
  /** The most bytes of one file; 16 MiB by default. */
  readonly limit?: number;
  /** How many applies can be rolled back; the oldest are forgotten. 50 by default. */
  readonly keep?: number;
  /** How long to wait for somebody else who changes the folder, in milliseconds; 2000 by default. */
  readonly wait?: number;
  readonly onStep?: OnStep;
  /** Heeded until the first file is renamed; from then on the apply goes to its end. */
  readonly signal?: AbortSignal;
}

/** What an apply came to. */
export interface FolderApply {
  /** `unchanged`: everything was so already, and not one byte or time was touched. */
  readonly status: 'applied' | 'unchanged';
  /** Names this apply for `rollbackFolder`; there is none when nothing changed. */
  readonly id?: string;
  /** The files that were written, created or removed, by path. */
  readonly changed: readonly string[];
  /** The plan's files before and after. */
  readonly before: Files;
  readonly after: Files;
  /** What a folder cannot do: packages, kernel settings, and what Postfix must be told. In the plan's order. */
  readonly remaining: readonly Change[];
  /** What became of an earlier apply or rollback that had been cut short. */
  readonly recovered?: Recovery;
}

/**
 * Applies a plan, or new texts for some files, to a configuration folder on this machine.
 *
 * Under a lock it completes or undoes what was cut short before, reads the files anew, refuses when they are not
 * those the plan was based on or when Postfix would not start with the result, writes the new files
 * beside the old ones, and renames them into place with a journal. Owner, mode, access list and symbolic links
 * stay; the old files are kept for `rollbackFolder`. Whatever fails, the folder has all of the old or all of
 * the new files.
 *
 * @throws ControllerError with the code, what went wrong where, and what to do
 */
export async function applyToFolder(
  directory: string,
  change: Plan | Files,
  options: ApplyOptions = {},
): Promise<FolderApply> {
  const { limit = defaultLimit, wait = 2000, signal } = options;
  const folder = await resolveFolder(directory);
  // An apply that changes nothing leaves no trace, not even that of a lock.
  if (!(await readJournal(folder))) {
    const { writes, outlook } = await changeFiles(folder, change, limit);
    if (writes.length === 0) return { status: 'unchanged', changed: [], ...outlook };
  }
  try {
    return await withLock(folder, wait, () => applyLocked(folder, change, options));
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw writeTrouble(folder, error);
  }
}

async function applyLocked(
  folder: string,
  change: Plan | Files,
  options: ApplyOptions,
): Promise<FolderApply> {
  const { limit = defaultLimit, keep = 50, onStep = () => undefined, signal } = options;
  await onStep('locked');
  const recovered = await recoverLocked(folder);
  const { writes, outlook, seen, changes, version } = await changeFiles(folder, change, limit);
  const news = recovered ? { ...outlook, recovered } : outlook;
  await onStep('read');
  if (writes.length === 0) return { status: 'unchanged', changed: [], ...news };
  refuseOutdated(folder, options.basedOn, seen, recovered);
  refuseInvalid(folder, outlook.before, outlook.after, version);
  await onStep('validated');
  const touched = new Set(writes.map(({ path }) => path));
  const untouched = Object.fromEntries(Object.entries(seen).filter(([path]) => !touched.has(path)));
  const id = await commit({
    directory: folder,
    kind: 'apply',
    writes,
    seen: untouched,
    changes,
    limit,
    keep,
    onStep,
    signal,
  });
  return { status: 'applied', id, changed: [...touched], ...news };
}

/** Refuses when a file that the plan was made from is not the one that is there now. */
function refuseOutdated(
  folder: string,
  basedOn: ApplyOptions['basedOn'],
  seen: Readonly<Record<string, Fingerprint>>,
  recovered: Recovery | undefined,
): void {
  if (!basedOn) return;
  const paths = [...new Set([...Object.keys(basedOn.fingerprints), 'main.cf', 'master.cf'])];
  const changed = paths.filter((path) => basedOn.fingerprints[path]?.sha256 !== seen[path]?.sha256);
  if (changed.length === 0) return;
  if (!recovered) throw changedMeanwhile(folder, changed);
  throw new ControllerError(
    'changed-meanwhile',
    `${recovered.message}. The plan was made from other files: make it again.`,
  );
}
