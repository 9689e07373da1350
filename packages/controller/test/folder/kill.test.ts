import { copyFileSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { applyPlan } from '@postern/plan';
import { describe, expect, it } from 'vitest';
import { applyToFolder, folderStatus, readFolder, recoverFolder, rollbackFolder } from '@postern/controller';
import {
  because,
  bigPlan,
  exampleFolder,
  exampleTexts,
  oldMain,
  planOf,
  snapshot,
  texts,
  type ExampleFolder,
} from './example-folder.ts';
import { runProgram } from './run-program.ts';

/** The steps of the big plan, as a run of it really goes: see the first test. */
const paths = ['transport', 'maps/sasl_passwd', 'master.cf', 'main.cf'];
const before = ['locked', 'read', 'validated'];
const applySteps = [
  ...before,
  'preparing',
  ...paths.map((path) => `backed-up ${path}`),
  ...paths.map((path) => `staged ${path}`),
  'committing',
  ...paths.map((path) => `renamed ${path}`),
  'synced',
  'finished',
];
const rollbackSteps = applySteps.filter((step) => step !== 'validated');
const newTexts = applyPlan(exampleTexts, bigPlan);

function leftovers(folder: ExampleFolder): string[] {
  const names = readdirSync(folder.directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => /\.postern-|journal|lock/.test(name));
}

describe('kill -9', () => {
  it('can come at these steps', async () => {
    using folder = exampleFolder();
    expect((await runProgram({ action: 'apply', directory: folder.directory, plan: bigPlan })).steps).toEqual(
      applySteps,
    );
    expect((await runProgram({ action: 'rollback', directory: folder.directory })).steps).toEqual(
      rollbackSteps,
    );
  });

  for (const [index, killAt] of applySteps.entries()) {
    it(`at ${killAt} of an apply leaves the old or the new files after the next run`, async () => {
      using folder = exampleFolder();
      const old = snapshot(folder.directory);
      const oldTexts = texts(folder.directory);
      const isCommitted = index >= applySteps.indexOf(`renamed ${paths[0]}`);

      const killed = await runProgram({
        action: 'apply',
        directory: folder.directory,
        plan: bigPlan,
        killAt,
      });
      expect(killed).toMatchObject({ signal: 'SIGKILL', result: undefined });

      const hasJournal = existsSync(join(folder.directory, '.postern/journal.json'));
      const found = texts(folder.directory);
      // Never a mixture without a journal.
      expect(hasJournal || isDeepStrictEqual(found, newTexts) || isDeepStrictEqual(found, oldTexts)).toBe(
        true,
      );
      expect((await readFolder(folder.directory)).interrupted !== undefined).toBe(hasJournal);

      const recovery = await recoverFolder(folder.directory);
      expect(recovery?.outcome).toBe(outcomeOf(killAt, hasJournal, isCommitted));
      expect(texts(folder.directory)).toEqual(isCommitted ? newTexts : oldTexts);
      expect(leftovers(folder).filter((name) => !name.startsWith('.postern/lock'))).toEqual([]);

      // The lock of the dead is no obstacle, and what was kept brings every byte, mode and time back.
      const again = isCommitted
        ? await rollbackFolder(folder.directory)
        : await applyToFolder(folder.directory, bigPlan);
      expect(again.status).toBe(isCommitted ? 'rolled-back' : 'applied');
      if (!isCommitted) await rollbackFolder(folder.directory);
      expect(snapshot(folder.directory)).toEqual(old);
      expect(leftovers(folder)).toEqual([]);
    });
  }

  for (const [index, killAt] of rollbackSteps.entries()) {
    it(`at ${killAt} of a rollback leaves the old or the new files after the next run`, async () => {
      using folder = exampleFolder();
      const old = snapshot(folder.directory);
      await applyToFolder(folder.directory, bigPlan);
      const applied = snapshot(folder.directory);
      const isCommitted = index >= rollbackSteps.indexOf(`renamed ${paths[0]}`);
      const killed = await runProgram({ action: 'rollback', directory: folder.directory, killAt });
      expect(killed.signal).toBe('SIGKILL');
      await recoverFolder(folder.directory);
      expect(snapshot(folder.directory)).toEqual(isCommitted ? old : applied);
      expect(leftovers(folder).filter((name) => !name.startsWith('.postern/lock'))).toEqual([]);
      expect((await folderStatus(folder.directory)).drift).toEqual([]);
    });
  }
});

describe('recovery', () => {
  const killAt = 'renamed master.cf';

  async function interrupted(): Promise<ExampleFolder> {
    const folder = exampleFolder();
    await runProgram({ action: 'apply', directory: folder.directory, plan: bigPlan, killAt });
    return folder;
  }

  it('is the first thing that the next apply does, and it says so', async () => {
    using folder = await interrupted();
    const plan = planOf({ type: 'set-parameter', name: 'biff', value: 'no', because });
    const result = await applyToFolder(folder.directory, plan);
    expect(result.recovered).toMatchObject({ kind: 'apply', outcome: 'completed', paths });
    expect(result.recovered!.message).toMatch(
      /the apply of .* was cut short between its files; it is completed now$/,
    );
    expect(folder.read('main.cf')).toContain('smtpd_helo_required = yes\n');
    expect(folder.read('main.cf')).toContain('biff = no');
  });

  it('tells a plan that was made from the mixture to be made again', async () => {
    using folder = await interrupted();
    const basedOn = await readFolder(folder.directory);
    const plan = planOf({ type: 'set-parameter', name: 'biff', value: 'no', because });
    await expect(applyToFolder(folder.directory, plan, { basedOn })).rejects.toMatchObject({
      code: 'changed-meanwhile',
      message: expect.stringMatching(
        /is completed now\. The plan was made from other files: make it again\.$/,
      ),
    });
  });

  it('is the first thing that the next rollback does', async () => {
    using folder = await interrupted();
    const result = await rollbackFolder(folder.directory);
    expect([result.status, result.recovered?.outcome]).toEqual(['rolled-back', 'completed']);
    expect(folder.read('main.cf')).toBe(oldMain);
  });

  it('undoes what cannot be completed because a new file is gone', async () => {
    using folder = exampleFolder();
    const old = snapshot(folder.directory);
    await runProgram({ action: 'apply', directory: folder.directory, plan: bigPlan, killAt });
    const staged = readdirSync(folder.directory).find((name) => name.startsWith('.main.cf.postern-'));
    rmSync(join(folder.directory, staged!));
    expect((await recoverFolder(folder.directory))?.outcome).toBe('undone');
    expect(snapshot(folder.directory)).toEqual(old);
    expect(leftovers(folder)).toEqual([]);
  });

  it('goes on where an undoing was cut short itself', async () => {
    using folder = exampleFolder();
    const old = snapshot(folder.directory);
    await runProgram({ action: 'apply', directory: folder.directory, plan: bigPlan, killAt });
    const [record] = readdirSync(join(folder.directory, '.postern/applies'));
    rmSync(join(folder.directory, `.main.cf.postern-${record}`));
    renameSync(
      join(folder.directory, `.postern/applies/${record}/before/master.cf`),
      join(folder.directory, 'master.cf'),
    );
    expect((await recoverFolder(folder.directory))?.outcome).toBe('undone');
    expect(snapshot(folder.directory)).toEqual(old);
  });

  it('does not decide over a file that somebody changed in between, and does as it is told', async () => {
    for (const [resolve, main, outcome] of [
      ['keep', '# by hand\n', 'kept'],
      ['undo', oldMain, 'undone'],
      ['complete', oldMain.replace('required = no', 'required = yes'), 'completed'],
    ] as const) {
      using folder = await interrupted();
      folder.write('main.cf', '# by hand\n');
      const plan = planOf({ type: 'set-parameter', name: 'biff', value: 'no', because });
      for (const work of [
        () => recoverFolder(folder.directory),
        () => applyToFolder(folder.directory, plan),
      ]) {
        await expect(work()).rejects.toMatchObject({
          code: 'interrupted',
          message: expect.stringContaining('main.cf'),
        });
      }
      expect(folder.read('main.cf')).toBe('# by hand\n');
      expect((await recoverFolder(folder.directory, { resolve }))?.outcome).toBe(outcome);
      expect(folder.read('main.cf')).toBe(main);
      expect(leftovers(folder)).toEqual([]);
    }
  });

  it('says so when the journal itself was damaged', async () => {
    using folder = await interrupted();
    folder.write('.postern/journal.json', '{"version": 1');
    await expect(readFolder(folder.directory)).rejects.toMatchObject({ code: 'damaged-history' });
    await expect(recoverFolder(folder.directory)).rejects.toMatchObject({ code: 'damaged-history' });
  });

  it('has nothing to do in a folder that nobody applied to', async () => {
    using folder = exampleFolder();
    copyFileSync(join(folder.directory, 'main.cf'), join(folder.directory, 'main.cf.orig'));
    expect(await recoverFolder(folder.directory)).toBeUndefined();
    expect(leftovers(folder)).toEqual([]);
  });
});

function outcomeOf(killAt: string, hasJournal: boolean, isCommitted: boolean): string | undefined {
  if (!hasJournal) return undefined;
  if (isCommitted) return 'completed';
  return killAt === 'committing' ? 'undone' : 'discarded';
}
