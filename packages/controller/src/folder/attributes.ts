import { execFile } from 'node:child_process';
import { chmod, chown, stat, utimes } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ControllerError } from '../error.ts';
import { errno } from './trouble.ts';

const run = promisify(execFile);

/**
 * Gives a file the owner, mode, access list, extended attributes, security context and times of another.
 * Node reaches the first two and coarse times; for the rest it takes cp(1) of GNU. Where there is none, an
 * access list that would be lost is an error, if getfacl(1) is there to show it.
 *
 * @throws ControllerError `cannot-keep-attributes`
 */
export async function copyAttributes(from: string, to: string): Promise<void> {
  let lists = true;
  try {
    await run('cp', ['--attributes-only', '--preserve=all', '--', from, to], {
      env: { ...process.env, LC_ALL: 'C' },
    });
  } catch {
    lists = await copyPlainAttributes(from, to);
  }
  const [wanted, got] = await Promise.all([stat(from), stat(to)]);
  const problems = [
    wanted.uid !== got.uid || wanted.gid !== got.gid ? `owner ${wanted.uid}:${wanted.gid}` : '',
    (wanted.mode & 0o7777) !== (got.mode & 0o7777) ? `mode 0${(wanted.mode & 0o7777).toString(8)}` : '',
    lists ? '' : 'access list',
  ].filter(Boolean);
  if (problems.length > 0) {
    throw new ControllerError(
      'cannot-keep-attributes',
      `${from}: its ${problems.join(' and ')} cannot be given to the new file. Nothing was changed. ` +
        'Run as root, or as the owner of the file.',
    );
  }
}

/** What Node can copy; false where an access list was left behind. */
async function copyPlainAttributes(from: string, to: string): Promise<boolean> {
  const stats = await stat(from);
  await chown(to, stats.uid, stats.gid).catch(() => undefined);
  await chmod(to, stats.mode & 0o7777);
  await utimes(to, stats.atime, stats.mtime);
  return (await accessList(from)) === (await accessList(to));
}

/** The access list as getfacl(1) shows it; the same for all files where there is no getfacl. */
async function accessList(path: string): Promise<string> {
  try {
    const { stdout } = await run('getfacl', ['--omit-header', '--absolute-names', '--numeric', '--', path]);
    return stdout;
  } catch (error) {
    if (errno(error) === 'ENOENT') return '';
    throw error;
  }
}

/** The new file's own time of change: now. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/** Gives a file the mode and owner that a plan asks for. */
export async function setAttributes(
  path: string,
  { mode, owner, group }: { readonly mode?: number; readonly owner?: string; readonly group?: string },
): Promise<void> {
  if (owner !== undefined || group !== undefined) {
    const { uid, gid } = await stat(path);
    await chown(
      path,
      owner === undefined ? uid : await accountId('passwd', owner),
      group === undefined ? gid : await accountId('group', group),
    );
  }
  // After the owner: a change of owner clears set-id bits.
  if (mode !== undefined) await chmod(path, mode);
}

/** The number of a user or group by name. */
export async function accountId(database: 'passwd' | 'group', name: string): Promise<number> {
  if (/^\d+$/.test(name)) return Number(name);
  const found = await run('getent', [database, '--', name]).catch(() => undefined);
  const id = found?.stdout.split(':')[2];
  if (id !== undefined) return Number(id);
  throw new ControllerError(
    'cannot-keep-attributes',
    `there is no ${database === 'passwd' ? 'user' : 'group'} ${name} on this machine. Nothing was changed. Create it, or leave it out of the plan.`,
  );
}
