import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyToFolder, folderStatus, rollbackFolder } from '@postern/controller';
import { because, bigPlan, exampleFolder, planOf, snapshot } from './example-folder.ts';

const set = (value: string): ReturnType<typeof planOf> =>
  planOf({ type: 'set-parameter', name: 'smtpd_banner', value, because });

describe('rollbackFolder', () => {
  it('restores every byte, owner, mode and time, and removes what was made', async () => {
    using folder = exampleFolder();
    folder.write('main.cf', Buffer.from('# \xff\r\nsmtpd_helo_required = no', 'latin1'));
    chmodSync(join(folder.directory, 'main.cf'), 0o640);
    execFileSync('touch', ['-d', '2020-02-02 02:02:02.123456789', 'main.cf', 'transport'], {
      cwd: folder.directory,
    });
    const before = snapshot(folder.directory);
    const { id } = await applyToFolder(folder.directory, bigPlan);
    expect(snapshot(folder.directory)).not.toEqual(before);
    expect(await rollbackFolder(folder.directory)).toMatchObject({ status: 'rolled-back', to: id });
    expect(snapshot(folder.directory)).toEqual(before);
  });

  it('goes back one apply at a time, or to before the one that is named', async () => {
    using folder = exampleFolder();
    const states = [snapshot(folder.directory)];
    const ids: string[] = [];
    for (const value of ['one', 'two', 'three']) {
      ids.push((await applyToFolder(folder.directory, set(value))).id!);
      states.push(snapshot(folder.directory));
    }
    await rollbackFolder(folder.directory);
    expect(snapshot(folder.directory)).toEqual(states[2]);
    await rollbackFolder(folder.directory);
    expect(snapshot(folder.directory)).toEqual(states[1]);
    await applyToFolder(folder.directory, set('four'));
    await rollbackFolder(folder.directory, ids[0]);
    expect(snapshot(folder.directory)).toEqual(states[0]);
    await expect(rollbackFolder(folder.directory)).rejects.toMatchObject({ code: 'nothing-to-roll-back' });
  });

  it('can be rolled back itself', async () => {
    using folder = exampleFolder();
    await applyToFolder(folder.directory, bigPlan);
    const applied = snapshot(folder.directory);
    const { id } = await rollbackFolder(folder.directory);
    await rollbackFolder(folder.directory, id);
    expect(snapshot(folder.directory)).toEqual(applied);
    expect((await rollbackFolder(folder.directory)).status).toBe('rolled-back');
    expect(existsSync(join(folder.directory, 'maps'))).toBe(false);
  });

  it('refuses when somebody else changed the files since, and keeps their work when it is forced', async () => {
    using folder = exampleFolder();
    const before = snapshot(folder.directory);
    await applyToFolder(folder.directory, set('one'));
    folder.write('main.cf', '# by hand\n');
    await expect(rollbackFolder(folder.directory)).rejects.toMatchObject({
      code: 'changed-since',
      message: expect.stringContaining('main.cf'),
    });
    expect(folder.read('main.cf')).toBe('# by hand\n');
    const { id } = await rollbackFolder(folder.directory, undefined, { force: true });
    expect(snapshot(folder.directory)).toEqual(before);
    expect(folder.read(`.postern/applies/${id}/before/main.cf`)).toBe('# by hand\n');
  });

  it('does not mind a change to a file that was never applied to', async () => {
    using folder = exampleFolder();
    await applyToFolder(folder.directory, set('one'));
    folder.write('master.cf', '# by hand\n');
    expect((await rollbackFolder(folder.directory)).changed).toEqual(['main.cf']);
    expect(folder.read('master.cf')).toBe('# by hand\n');
  });

  it('says which applies it knows when asked for another', async () => {
    using folder = exampleFolder();
    const { id } = await applyToFolder(folder.directory, set('one'));
    await expect(rollbackFolder(folder.directory, '000009-x')).rejects.toMatchObject({
      code: 'no-such-apply',
      message: expect.stringContaining(id!),
    });
  });

  it('does not trust a backup that was changed or is gone', async () => {
    using folder = exampleFolder();
    const { id } = await applyToFolder(folder.directory, set('one'));
    const applied = snapshot(folder.directory);
    const backup = `.postern/applies/${id}/before/main.cf`;
    folder.write(backup, 'mynetworks = 0.0.0.0/0\n');
    await expect(rollbackFolder(folder.directory)).rejects.toMatchObject({ code: 'damaged-history' });
    rmSync(join(folder.directory, backup));
    await expect(rollbackFolder(folder.directory)).rejects.toMatchObject({ code: 'damaged-history' });
    folder.write(`.postern/applies/${id}/record.json`, '{');
    await expect(rollbackFolder(folder.directory)).rejects.toMatchObject({ code: 'damaged-history' });
    expect(snapshot(folder.directory)).toEqual(applied);
  });
});

describe('folderStatus', () => {
  it('says what was applied, by whom, and that nothing differs', async () => {
    using folder = exampleFolder();
    expect(await folderStatus(folder.directory)).toMatchObject({ history: [], drift: [] });
    const { id } = await applyToFolder(folder.directory, set('one'));
    const status = await folderStatus(folder.directory);
    expect(status.drift).toEqual([]);
    expect(status.last).toMatchObject({
      id,
      kind: 'apply',
      changes: [{ type: 'set-parameter', name: 'smtpd_banner' }],
    });
    expect(status.last!.by).not.toBe('');
  });

  it('shows what differs by now, in files that were applied to and in those that were not', async () => {
    using folder = exampleFolder();
    await applyToFolder(folder.directory, bigPlan);
    const left = folder.read('main.cf');
    folder.write('main.cf', 'a = 1\n');
    chmodSync(join(folder.directory, 'master.cf'), 0o600);
    rmSync(join(folder.directory, 'transport'));
    const { drift } = await folderStatus(folder.directory);
    expect(drift.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      {
        path: 'main.cf',
        what: ['content'],
        changedAt: expect.stringMatching(/^20\d\d-/),
        left,
        now: 'a = 1\n',
      },
      { path: 'master.cf', what: ['mode'], changedAt: expect.any(String) },
      { path: 'transport', what: ['missing'] },
    ]);
    using other = exampleFolder();
    await applyToFolder(other.directory, set('one'));
    other.write('master.cf', '# by hand\n');
    expect((await folderStatus(other.directory)).drift).toMatchObject([
      { path: 'master.cf', what: ['content'] },
    ]);
  });
});
