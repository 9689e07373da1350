import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
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

/** The lines below "Example:" or "Examples:" that begin with two blanks. */
function examplesIn(help: string): string[] {
  const [, block = ''] = /^Examples?\b.*:\n((?: {2}.*\n?)*)/m.exec(help) ?? [];
  return block.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}

/** The words of each `postern` in a line, as a shell takes it apart; redirections are left out. */
function commandsIn(line: string): string[][] {
  const script = 'postern() { printf "%s\\n" "$#" "$@"; }; postfix() { :; }\n';
  const quiet = line.replaceAll(/ [<>] \S+/g, '');
  const lines = execFileSync('bash', ['-c', script + quiet], { encoding: 'utf8' }).split('\n');
  const commands: string[][] = [];
  while (lines.length > 1) commands.push(lines.splice(0, Number(lines.shift())));
  return commands;
}
