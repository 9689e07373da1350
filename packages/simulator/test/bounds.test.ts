import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostile } from './bounds/hostile.ts';

interface Ended {
  readonly name: string;
  readonly outcome: string;
  readonly proof: string;
  readonly because: string | null;
}

/** What the hostile configurations came to; in a process of its own, which can be ended. */
let ended: ReadonlyMap<string, Ended>;

beforeAll(() => {
  const script = fileURLToPath(import.meta.resolve('./bounds/run-hostile.ts'));
  const run = spawnSync(process.execPath, ['--conditions=@postern/source', script], {
    encoding: 'utf8',
    timeout: 100_000,
    killSignal: 'SIGKILL',
  });
  const lines = run.stdout.split('\n').filter(Boolean);
  ended = new Map(lines.map((line) => JSON.parse(line) as Ended).map((each) => [each.name, each]));
  if (run.stderr !== '') throw new Error(run.stderr);
});

describe('a configuration that was made to be slow', () => {
  it.each(Object.keys(hostile))('comes to an end: %s', (name) => {
    expect(ended.get(name)).toMatchObject({
      outcome: expect.stringMatching(/^(?:accept|reject|defer|unknown)$/),
      proof: expect.stringMatching(/^(?:closed|open|unknown)$/),
    });
  });

  it('is judged as a small one is where nothing was left out', () => {
    expect(ended.get('classes that double')).toMatchObject({ outcome: 'accept', proof: 'closed' });
    expect(ended.get('a long table of networks')).toMatchObject({ outcome: 'accept', proof: 'closed' });
    expect(ended.get('a table of many who may relay')).toMatchObject({ proof: 'open' });
  });

  it('is no closed relay because its classes are deep', () => {
    expect(ended.get('classes fifty deep that permit')).toMatchObject({ outcome: 'accept', proof: 'open' });
  });

  it('is unknown, with what would have to be read, where something was left out', () => {
    expect(ended.get('a list of thirty thousand words')?.because).toMatch(/more than \d+ restrictions/);
    expect(ended.get('classes a thousand deep and more')?.because).toMatch(
      /more than \d+ lists stand in each other/,
    );
    expect(ended.get('a value of tens of millions of characters')?.because).toMatch(/^mynetworks /);
    expect(ended.get('a table of networks of which each leads elsewhere')?.proof).toBe('unknown');
  });

  it('is refused where Postfix would stop at it', () => {
    expect(ended.get('expressions within expressions')).toMatchObject({ outcome: 'defer', because: null });
    expect(ended.get('a table that leads to itself')).toMatchObject({ outcome: 'defer', because: null });
  });
});
