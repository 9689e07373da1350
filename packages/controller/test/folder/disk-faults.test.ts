import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith } from '@postern/testbed';
import { beforeAll, expect, it } from 'vitest';
import { bigPlan, exampleFolder, snapshot } from './example-folder.ts';
import type { Fault } from './disk-faults.ts';
import { runProgram } from './run-program.ts';

describeWith(['root', 'namespaces', 'chattr'], 'a disk that fails', () => {
  let faults: readonly Fault[] = [];

  beforeAll(() => {
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      [
        '-m',
        process.execPath,
        '--conditions=@postern/source',
        '--disable-warning=ExperimentalWarning',
        join(import.meta.dirname, 'disk-faults.ts'),
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(stderr);
    faults = JSON.parse(stdout) as Fault[];
  });

  const named = (pattern: RegExp): Fault[] => faults.filter(({ fault }) => pattern.test(fault));

  it('for want of space leaves everything as it was, at whichever step the space runs out', () => {
    const full = named(/^full/);
    expect(full.length).toBeGreaterThan(5);
    expect(full.at(-1)?.outcome).toBe('applied');
    for (const fault of full.slice(0, -1)) {
      expect(fault).toMatchObject({ outcome: 'no-space', isUntouched: true, isFineAfterwards: true });
      expect(fault.message).toMatch(
        /cannot be written .* Nothing was changed\. Free some space on that file system/,
      );
    }
  });

  it('because it is read-only leaves everything as it was', () => {
    expect(named(/^read-only/)).toMatchObject([
      {
        outcome: 'read-only',
        isUntouched: true,
        isFineAfterwards: true,
        message: expect.stringContaining('Mount the file system'),
      },
    ]);
  });

  it('because one file must not change puts the others back', () => {
    const immutable = named(/^immutable/);
    expect(immutable).toHaveLength(3);
    for (const fault of immutable) {
      expect(fault).toMatchObject({
        outcome: 'permission-denied',
        isUntouched: true,
        isFineAfterwards: true,
      });
      expect(fault.message).toContain('chattr -i');
      expect(fault.message).toContain('The old files are in place again.');
    }
  });

  it('because a file is a mount point says so', () => {
    expect(named(/mount point/)).toMatchObject([
      {
        outcome: 'write-failed',
        isUntouched: true,
        isFineAfterwards: true,
        message: expect.stringContaining('mount the folder instead'),
      },
    ]);
  });
});

describeWith(['root'], 'a user who may not write', () => {
  it('is told so, and nothing is changed', async () => {
    using folder = exampleFolder();
    chmodSync(folder.directory, 0o755);
    const before = snapshot(folder.directory, { state: true });
    const { result } = await runProgram({
      action: 'apply',
      directory: folder.directory,
      plan: bigPlan,
      uid: 65534,
    });
    expect(result).toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('Run as root'),
    });
    expect(snapshot(folder.directory, { state: true })).toEqual(before);
  });

  it('may read what is readable, and is told what is not', async () => {
    using folder = exampleFolder();
    chmodSync(folder.directory, 0o755);
    chmodSync(join(folder.directory, 'main.cf'), 0o600);
    const { result } = await runProgram({
      action: 'apply',
      directory: folder.directory,
      plan: bigPlan,
      uid: 65534,
    });
    expect(result).toMatchObject({ code: 'unreadable', message: expect.stringContaining('main.cf') });
  });

  it('does not take over the files of another, though the folder is open to all', async () => {
    using folder = exampleFolder();
    chmodSync(folder.directory, 0o777);
    chownSync(join(folder.directory, 'master.cf'), 65534, 65534);
    const before = snapshot(folder.directory);
    const { result } = await runProgram({
      action: 'apply',
      directory: folder.directory,
      plan: bigPlan,
      uid: 65534,
    });
    expect(result).toMatchObject({
      code: 'cannot-keep-attributes',
      message: expect.stringContaining('owner 0:0'),
    });
    expect(snapshot(folder.directory)).toEqual(before);
  });

  it('sees the files, though an apply of root was cut short', async () => {
    using folder = exampleFolder();
    chmodSync(folder.directory, 0o755);
    mkdirSync(join(folder.directory, '.postern'), { mode: 0o700 });
    const { result } = await runProgram({ action: 'recover', directory: folder.directory, uid: 65534 });
    expect(result).toBe(null);
  });
});
