import { decodeText, encodeText } from '@postern/config';
import {
  applyPlan,
  isSecretFile,
  pathsOf,
  PlanError,
  redactPlan,
  type Change,
  type Files,
  type Plan,
  type PutFile,
} from '@postern/plan';
import { ControllerError } from '../error.ts';
import { accountId } from './attributes.ts';
import type { Fingerprint } from './fingerprint.ts';
import { readFolderFile, resolveTarget, type FolderFile } from './folder-file.ts';
import { insideFolder } from './paths.ts';
import type { Write } from './transaction.ts';

/** What a change would do to the files that are there now. */
export interface FileChanges {
  readonly writes: readonly Write[];
  readonly outlook: { readonly before: Files; readonly after: Files; readonly remaining: readonly Change[] };
  /** The state of every file that was looked at. */
  readonly seen: Readonly<Record<string, Fingerprint>>;
  /** The plan's changes as history may keep them. */
  readonly changes: readonly Change[];
  /** The Postfix version that the plan is for. */
  readonly version: string | undefined;
}

/** Reads the files that a plan (or new texts) is about, and works out what has to be written. */
export async function changeFiles(
  directory: string,
  change: Plan | Files,
  limit: number,
): Promise<FileChanges> {
  const plan = isPlan(change) ? withInsidePaths(directory, change) : undefined;
  const texts = plan ? {} : insideTexts(directory, change as Files);
  const paths = new Set(['main.cf', 'master.cf', ...(plan ? pathsOf(plan) : Object.keys(texts))]);
  const old = new Map<string, FolderFile>();
  for (const path of paths) {
    const file = await readFolderFile(directory, path, limit);
    if (file) old.set(path, file);
  }
  const before: Files = Object.fromEntries([...old].map(([path, { bytes }]) => [path, decodeText(bytes)]));
  const after = plan ? applied(before, plan) : { ...before, ...texts };
  const puts = new Map(
    plan?.changes.filter((each) => each.type === 'put-file').map((put) => [put.path, put]),
  );
  const writes: Write[] = [];
  for (const path of paths) {
    const write = await writeFor(directory, path, old.get(path), after[path], puts.get(path));
    if (write) writes.push(write);
  }
  return {
    writes: writes.toSorted((a, b) => turnOf(a) - turnOf(b)),
    outlook: { before, after, remaining: plan?.changes.filter(({ type }) => isForHost(type)) ?? [] },
    seen: Object.fromEntries([...old].map(([path, file]) => [path, file.fingerprint])),
    changes: plan ? redactPlan(plan, before).changes : [],
    version: plan?.target.postfix,
  };
}

function isPlan(change: Plan | Files): change is Plan {
  return Array.isArray(change['changes']);
}

function isForHost(type: Change['type']): boolean {
  return type === 'install-package' || type === 'set-sysctl' || type === 'postfix-action';
}

/** Tables before the services and parameters that name them; what goes, goes last. */
function turnOf({ path, bytes }: Write): number {
  if (bytes === null) return 3;
  return path === 'main.cf' ? 2 : path === 'master.cf' ? 1 : 0;
}

function withInsidePaths(directory: string, plan: Plan): Plan {
  const changes = plan.changes.map((change) =>
    change.type === 'put-file' || change.type === 'remove-file'
      ? { ...change, path: insideFolder(directory, change.path) }
      : change,
  );
  return { ...plan, changes };
}

function insideTexts(directory: string, files: Files): Files {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [insideFolder(directory, path), text]),
  );
}

function applied(before: Files, plan: Plan): Files {
  try {
    return applyPlan(before, plan);
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    const what = error.problems.map(({ at, message, advice }) => `${at}: ${message}; ${advice}`).join('\n');
    throw new ControllerError(
      'plan-does-not-fit',
      `${plan.target.name}: the plan does not fit the files. Nothing was changed.\n${what}`,
      {
        cause: error,
      },
    );
  }
}

/** What has to be written for one file; undefined when it is as it should be. */
async function writeFor(
  directory: string,
  path: string,
  old: FolderFile | undefined,
  text: string | undefined,
  put: PutFile | undefined,
): Promise<Write | undefined> {
  const target = old?.target ?? (await resolveTarget(directory, path));
  if (text === undefined) return old && { path, target, old, bytes: null };
  const bytes = encodeText(text);
  // A new file that holds passwords or keys is for its owner alone.
  const mode = put?.mode ?? (old ? undefined : isSecretFile(path) ? 0o600 : 0o644);
  if (old?.bytes.equals(bytes) && (await hasAttributes(old.fingerprint, mode, put))) return undefined;
  return {
    path,
    target,
    old,
    bytes: Buffer.from(bytes),
    ...(mode !== undefined && { mode }),
    ...(put?.owner !== undefined && { owner: put.owner }),
    ...(put?.group !== undefined && { group: put.group }),
  };
}

async function hasAttributes(
  now: Fingerprint,
  mode: number | undefined,
  put: PutFile | undefined,
): Promise<boolean> {
  if (mode !== undefined && mode !== now.mode) return false;
  if (put?.owner !== undefined && (await accountId('passwd', put.owner)) !== now.uid) return false;
  return put?.group === undefined || (await accountId('group', put.group)) === now.gid;
}
