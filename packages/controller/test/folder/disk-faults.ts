/**
 * Makes the disk fail for real, and prints as one line of JSON what applying came to. Run by root in a mount
 * namespace of its own, so that nothing here is seen outside:
 *
 *     unshare -m node disk-faults.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { applyToFolder, ControllerError, recoverFolder } from '@postern/controller';
import { bigPlan, fillFolder, snapshot } from './example-folder.ts';

export interface Fault {
  readonly fault: string;
  /** The error's code, or what applying returned. */
  readonly outcome: string;
  readonly message: string;
  /** Whether the folder, our own state included, is what it was. */
  readonly isUntouched: boolean;
  /** Whether applying works once the fault is gone. */
  readonly isFineAfterwards: boolean;
}

const faults: Fault[] = [];

async function tryApply(fault: string, directory: string, mend: () => void): Promise<void> {
  const before = snapshot(directory, { state: true });
  const { outcome, message } = await applyToFolder(directory, bigPlan).then(
    ({ status }) => ({ outcome: status as string, message: '' }),
    (error: unknown) => {
      if (!(error instanceof ControllerError)) throw error;
      return { outcome: error.code, message: error.message };
    },
  );
  const isUntouched = isDeepStrictEqual(snapshot(directory, { state: true }), before);
  mend();
  await recoverFolder(directory);
  await applyToFolder(directory, bigPlan);
  const { status } = await applyToFolder(directory, bigPlan);
  faults.push({ fault, outcome, message, isUntouched, isFineAfterwards: status === 'unchanged' });
}

const root = mkdtempSync(join(tmpdir(), 'postern-faults-'));
const mount = (...args: string[]): void => void execFileSync('mount', args);
const umount = (): void => void execFileSync('umount', [root]);
try {
  mount('--make-rprivate', '/');

  // From no free page on upwards, so that the disk is full at another step each time.
  for (let pages = 0; faults.at(-1)?.outcome !== 'applied' && pages < 64; pages++) {
    mount('-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', root);
    fillFolder(root);
    const { bfree, bsize } = statfsSync(root);
    writeFileSync(join(root, 'ballast'), Buffer.alloc((bfree - pages) * bsize));
    await tryApply(`full but for ${pages} pages`, root, () => rmSync(join(root, 'ballast')));
    umount();
  }

  mount('-t', 'tmpfs', 'tmpfs', root);
  fillFolder(root);
  mount('-o', 'remount,ro', root);
  await tryApply('read-only', root, () => mount('-o', 'remount,rw', root));
  umount();

  for (const path of ['main.cf', 'master.cf', 'transport']) {
    fillFolder(root);
    execFileSync('chattr', ['+i', join(root, path)]);
    await tryApply(`immutable ${path}`, root, () => void execFileSync('chattr', ['-i', join(root, path)]));
    execFileSync('find', [root, '-mindepth', '1', '-delete']);
  }

  // A file that is a mount point of its own, as in some containers, cannot be replaced.
  fillFolder(root);
  const main = join(root, 'main.cf');
  mount('--bind', main, main);
  await tryApply('main.cf is a mount point', root, () => void execFileSync('umount', [main]));
} finally {
  rmSync(root, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify(faults)}\n`);
