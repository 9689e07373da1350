import { open, readdir, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ControllerError } from '../error.ts';
import { makeFolders } from './durable.ts';
import { stateFolder } from './paths.ts';
import { errno } from './trouble.ts';

/** Somebody who holds the lock of a folder. */
interface Claim {
  readonly file: string;
  /** The boot of the machine, and the process: its namespace, number and the tick at which it began. */
  readonly boot: string;
  readonly namespace: string;
  readonly pid: number;
  readonly began: string;
}

/**
 * Runs work while nobody else changes the folder.
 *
 * Everybody who wants the lock first puts up a claim, a file whose name says which process it is, and then looks
 * whether another living process has one: of two that come at once at least one sees the other. Claims of
 * processes that are no more count for nothing; since each name belongs to one process for ever, taking
 * such a claim away can never hit a living one.
 *
 * @param wait  how long to wait for others, in milliseconds
 * @throws ControllerError `locked`, with who holds it
 */
export async function withLock<T>(directory: string, wait: number, work: () => Promise<T>): Promise<T> {
  const folder = join(stateFolder(directory), 'lock');
  const own = await ownClaim(folder);
  await acquire(directory, folder, own, wait);
  try {
    return await work();
  } finally {
    await rm(own.file, { force: true });
    // An empty state folder is no use to anybody; one with history stays.
    await rmdir(folder).catch(() => undefined);
    await rmdir(stateFolder(directory)).catch(() => undefined);
  }
}

async function acquire(directory: string, folder: string, own: Claim, wait: number): Promise<void> {
  const deadline = Date.now() + wait;
  for (;;) {
    const holder = await tryAcquire(folder, own);
    if (!holder) return;
    if (Date.now() >= deadline) {
      throw new ControllerError(
        'locked',
        `${directory}: process ${holder.pid} is changing this folder. Wait until it has finished and try again; ` +
          `if no such process runs (it may be in another container), remove ${holder.file}.`,
      );
    }
    await sleep(20 + Math.random() * 80);
  }
}

/** Puts up the claim; takes it down again and returns the other where there is one. */
async function tryAcquire(folder: string, own: Claim): Promise<Claim | undefined> {
  await makeFolders(folder, 0o700);
  try {
    await (await open(own.file, 'wx', 0o600)).close();
  } catch (error) {
    // Our own process changes the folder already; or the empty folder was just cleared away.
    if (errno(error) === 'EEXIST') return own;
    if (errno(error) === 'ENOENT') return tryAcquire(folder, own);
    throw error;
  }
  const claims = (await readdir(folder))
    .map((name) => readClaim(folder, name))
    .filter((claim) => claim !== undefined);
  for (const claim of claims) {
    if (claim.file === own.file) continue;
    if (await isAlive(claim, own)) {
      await rm(own.file, { force: true });
      return claim;
    }
    await rm(claim.file, { force: true });
  }
  return undefined;
}

async function ownClaim(folder: string): Promise<Claim> {
  const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => 'none')).trim();
  const namespace = /\d+/.exec(await readlink('/proc/self/ns/pid').catch(() => '0'))![0];
  const began = (await startOf(process.pid)) ?? '0';
  const name = ['claim', boot, namespace, process.pid, began].join('_');
  return { file: join(folder, name), boot, namespace, pid: process.pid, began };
}

function readClaim(folder: string, name: string): Claim | undefined {
  const [word, boot, namespace, pid, began] = name.split('_');
  if (word !== 'claim' || !boot || !namespace || !pid || !began) return undefined;
  return { file: join(folder, name), boot, namespace, pid: Number(pid), began };
}

async function isAlive(claim: Claim, own: Claim): Promise<boolean> {
  if (claim.boot !== own.boot) return false;
  // Processes of another container cannot be seen from here.
  if (claim.namespace !== own.namespace) return true;
  try {
    process.kill(claim.pid, 0);
  } catch (error) {
    if (errno(error) === 'ESRCH') return false;
  }
  const began = await startOf(claim.pid);
  return began === undefined || began === claim.began;
}

/**
 * When a process began, in clock ticks since boot: '0' for one that is dead and only waits for its parent to
 * notice, undefined where the kernel does not say.
 */
async function startOf(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the program's name in brackets, and may hold anything.
  const fields = line?.slice(line.lastIndexOf(')') + 2).split(' ');
  return fields && /^[ZXx]$/.test(fields[0] ?? '') ? '0' : fields?.[19];
}
