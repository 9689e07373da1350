import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { applyToFolder, rollbackFolder } from '@postern/controller';
import { because, bigPlan, exampleFolder, planOf, texts } from './example-folder.ts';
import { runProgram, startProgram, untilStep } from './run-program.ts';

const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))![0];

function claim(directory: string, ...parts: readonly (string | number)[]): void {
  mkdirSync(join(directory, '.postern/lock'), { recursive: true });
  writeFileSync(join(directory, '.postern/lock', ['claim', ...parts].join('_')), '');
}

describe('the lock of a folder', () => {
  it('keeps a second apply and a rollback out while the first is at work', async () => {
    using folder = exampleFolder();
    const child = startProgram({
      action: 'apply',
      directory: folder.directory,
      plan: bigPlan,
      stopAt: 'staged main.cf',
    });
    try {
      await untilStep(child, 'staged main.cf');
      const plan = planOf({ type: 'set-parameter', name: 'biff', value: 'no', because });
      for (const work of [
        () => applyToFolder(folder.directory, plan, { wait: 50 }),
        () => rollbackFolder(folder.directory, undefined, { wait: 50 }),
      ]) {
        await expect(work()).rejects.toMatchObject({
          code: 'locked',
          message: expect.stringContaining(`process ${child.pid} is changing this folder`),
        });
      }
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('lets of several that come at once each have its turn', async () => {
    using folder = exampleFolder();
    const names = ['one', 'two', 'three', 'four'];
    const plans = names.map((name) => planOf({ type: 'set-parameter', name, value: 'x', because }));
    const ends = await Promise.all(
      plans.map((plan) => runProgram({ action: 'apply', directory: folder.directory, plan, wait: 20_000 })),
    );
    expect(ends.map(({ result }) => result?.['status'])).toEqual(names.map(() => 'applied'));
    const main = texts(folder.directory)['main.cf']!;
    for (const name of names) expect(main).toContain(`${name} = x\n`);
    expect(new Set(ends.map(({ result }) => result?.['id'])).size).toBe(names.length);
  });

  it('lets two applies of one program wait for each other too', async () => {
    using folder = exampleFolder();
    const plans = ['one', 'two'].map((name) => planOf({ type: 'set-parameter', name, value: 'x', because }));
    await Promise.all(plans.map((plan) => applyToFolder(folder.directory, plan, { wait: 20_000 })));
    expect(folder.read('main.cf')).toMatch(/one = x\n[^]*two = x\n|two = x\n[^]*one = x\n/);
  });

  it.each([
    ['of a process that is no more', [boot, namespace, 2 ** 22 + 7, 1]],
    ['of a process whose number another one has by now', [boot, namespace, process.pid, 1]],
    [
      'from before the machine was started again',
      ['11111111-2222-3333-4444-555555555555', namespace, process.pid, 1],
    ],
  ])('does not honour the claim %s', async (_title, parts) => {
    using folder = exampleFolder();
    claim(folder.directory, ...parts);
    expect((await applyToFolder(folder.directory, bigPlan, { wait: 0 })).status).toBe('applied');
    expect(readdirSync(join(folder.directory, '.postern'))).toEqual(['applies']);
  });

  it('honours the claim of another container, which cannot be looked into, and says how to go on', async () => {
    using folder = exampleFolder();
    claim(folder.directory, boot, '1', 1, 1);
    await expect(applyToFolder(folder.directory, bigPlan, { wait: 0 })).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining('remove '),
    });
  });
});
