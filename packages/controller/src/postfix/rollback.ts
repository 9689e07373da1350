import { ControllerError } from '../error.ts';
import type { Host } from '../host/host.ts';
import { ask, line } from './ask.ts';
import { change, newId, type HostApply, type HostApplyOptions } from './apply.ts';
import { productOf } from './needs.ts';
import { needsRestart, sourceOf, type FileChange, type HostChanges } from './changes.ts';
import { readFacts, refuseWithoutPostfix } from './facts.ts';
import { keptFile, readHistory, type PastChange } from './history.ts';

export interface HostRollbackOptions extends Omit<HostApplyOptions, 'basedOn'> {
  /** Also when somebody changed the files since; what they wrote is kept in the change's record. */
  readonly force?: boolean;
}

/**
 * Undoes a change that waits, or puts the files back to how they were before an earlier one (and all after it), as a
 * change of its own: checked, watched, and itself undoable.
 */
export async function rollBackHost(
  host: Host,
  directory: string | undefined,
  id: string | undefined,
  options: HostRollbackOptions = {},
): Promise<Pick<HostApply, 'status' | 'id' | 'checks' | 'log' | 'changed'> & { readonly to: string }> {
  const facts = await readFacts(host, { directory, mend: true, files: ['main.cf', 'master.cf'] });
  const { pending } = facts;
  if (pending && (id === undefined || id === pending.id)) {
    await ask(host, 'roll-back', line(pending.id));
    return { status: 'rolled-back', id: pending.id, to: pending.id, checks: [], log: [], changed: [] };
  }
  if (pending) {
    throw new ControllerError(
      'pending',
      `${host.name}: change ${pending.id} waits to be confirmed. Confirm it or roll it back first.`,
    );
  }
  refuseWithoutPostfix(host.name, facts);
  const history = (await readHistory(host)).filter(({ phase }) => phase === 'confirmed');
  const undone = pick(host.name, history, id);
  const to = undone[0]!.id;
  const kept = await readKept(host, undone);
  const gone = new Set([...kept].filter(([, { before }]) => before === null).map(([path]) => path));
  const tables = new Set(undone.flatMap((record) => record.tables));
  // What was compiled of a table goes with its text: nobody would know what it is, and it may hold passwords.
  const orphans = [...tables].flatMap((table) => {
    const product = productOf(table);
    return product !== undefined && isAmong(gone, sourceOf(table), facts.directory) ? [product] : [];
  });
  const current = await readFacts(host, {
    directory,
    files: ['main.cf', 'master.cf', ...kept.keys()],
    readable: orphans,
  });
  const files: FileChange[] = [];
  for (const [path, { before, after }] of kept) {
    const now = current.files.get(path);
    if (!options.force && (now?.sha256 ?? null) !== after) {
      throw new ControllerError(
        'changed-since',
        `${host.name}: ${path}: was changed after ${undone.at(-1)!.id}. Nothing was changed. Look at the difference, then roll back with force.`,
      );
    }
    if (before?.equals(now?.bytes ?? Buffer.alloc(0)) && now) continue;
    if (before === null && !now) continue;
    files.push({ path, bytes: before, before: now?.sha256 ?? null });
  }
  for (const path of orphans) {
    const product = current.files.get(path);
    if (product) files.push({ path, bytes: null, before: product.sha256 });
  }
  if (files.length === 0) return { status: 'unchanged', to, checks: [], log: [], changed: [] };
  const texts = (side: 'old' | 'new'): Record<string, string> =>
    Object.fromEntries(
      ['main.cf', 'master.cf'].flatMap((path) => {
        const restored = files.find((file) => file.path === path)?.bytes;
        const bytes = side === 'new' && restored ? restored : current.files.get(path)?.bytes;
        return bytes ? [[path, Buffer.from(bytes).toString('latin1')]] : [];
      }),
    );
  const before = texts('old');
  const after = texts('new');
  const changes: HostChanges = {
    files,
    // Of several changes to one setting the first knows the oldest value.
    sysctls: Object.entries(
      Object.assign({}, ...undone.toReversed().map(({ sysctls }) => sysctls)) as Record<string, string>,
    )
      .filter(([, value]) => value !== '')
      .map(([key, value]) => ({ key, value })),
    tables: [...tables].filter((table) => !isAmong(gone, sourceOf(table), facts.directory)),
    action: facts.master === undefined ? 'none' : needsRestart(before, after) ? 'restart' : 'reload',
    needs: [],
    before,
    after,
    redacted: [],
  };
  const done = await change(host, current, changes, { id: newId(), kind: 'rollback', to }, options);
  return { ...done, to, changed: files.map(({ path }) => path) };
}

/** Whether a path is one of those that a plan named, by itself or within the configuration folder. */
function isAmong(paths: ReadonlySet<string>, path: string, directory: string): boolean {
  return paths.has(path) || [...paths].some((each) => `${directory}/${each}` === path);
}

/** The changes to undo, the oldest first. */
function pick(name: string, history: readonly PastChange[], id: string | undefined): PastChange[] {
  const from = id === undefined ? history.length - 1 : history.findIndex((each) => each.id === id);
  if (from >= 0) return history.slice(from);
  if (id === undefined) {
    throw new ControllerError('nothing-to-roll-back', `${name}: nothing was applied that could be undone.`);
  }
  throw new ControllerError(
    'no-such-apply',
    `${name}: there is no confirmed change ${id}. There are: ${history.map((each) => each.id).join(', ') || 'none'}.`,
  );
}

/** Each file that the changes touched: as it was before the first, and the hash of what the last has written. */
async function readKept(
  host: Host,
  undone: readonly PastChange[],
): Promise<Map<string, { before: Buffer | null; after: string | null }>> {
  const paths = new Set(undone.flatMap(({ files }) => files.map(({ path }) => path)));
  const wanted = [...paths].map((path) => {
    const touching = undone.filter(({ files }) => files.some((file) => file.path === path));
    const side = (record: PastChange, name: 'before' | 'after'): string | undefined => {
      const index = record.files.findIndex((file) => file.path === path);
      const file = record.files[index]!;
      const isThere = name === 'before' ? file.before !== null : !file.removed;
      return isThere ? keptFile(record.id, name, index) : undefined;
    };
    return { path, before: side(touching[0]!, 'before'), after: side(touching.at(-1)!, 'after') };
  });
  const { files } = await readFacts(host, {
    files: wanted.flatMap(({ before, after }) => [before ?? [], after ?? []].flat()),
  });
  return new Map(
    wanted.map(({ path, before, after }) => [
      path,
      {
        before: before === undefined ? null : need(host.name, files.get(before)?.bytes, before),
        after: after === undefined ? null : need(host.name, files.get(after)?.sha256, after),
      },
    ]),
  );
}

function need<T>(name: string, value: T | undefined, path: string): T {
  if (value !== undefined) return value;
  throw new ControllerError(
    'damaged-history',
    `${name}: ${path} is gone; this change cannot be undone any more.`,
  );
}
