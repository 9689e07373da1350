import { describe, expect, it } from 'vitest';
import { commandsIn, examplesIn } from './examples.ts';
import { run } from './run.ts';
import { leaves, treeOf } from './tree.ts';

const all = leaves(treeOf());

describe('the help of each command', () => {
  it('reaches all of them', () => {
    expect(all.length).toBeGreaterThan(50);
    expect(all.map(({ path }) => path)).toContain('queue delete');
  });

  it.each(all)('$path says what it does, with an example', ({ path, command, help }) => {
    expect(command.description()).not.toBe('');
    expect(command.options.filter(({ description }) => description === '')).toEqual([]);
    const examples = examplesIn(help);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) expect(example).toMatch(/^postern /);
    expect(examples.some((example) => example.startsWith(`postern ${path}`))).toBe(true);
  });

  it.each(all.flatMap(({ help }) => examplesIn(help)))('takes its example: %s', async (example) => {
    for (const words of commandsIn(example)) {
      let reached = 0;
      await treeOf(() => reached++).parseAsync(words, { from: 'user' });
      expect(reached).toBe(1);
    }
  });

  it.each(all)('$path points to itself after a mistake', async ({ path }) => {
    const { code, err } = await run([...path.split(' '), '--no-such-option']);
    expect(code).toBe(2);
    expect(err).toMatch(/^postern: /);
    expect(err).toContain(`See: postern ${path} --help\n`);
  });

  it.each([
    [['audt', '.'], 'Did you mean audit?'],
    [['queue', 'sumary', 'local'], 'Did you mean summary?'],
    [['audit', '.', '--jsn'], 'Did you mean --json?'],
    [['plan', '.', '--sasl', 'courier'], 'Allowed choices are dovecot, cyrus'],
    [['simulate', '.'], "required option '--client <address>' not specified"],
  ])('%j: %s', async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });
});
