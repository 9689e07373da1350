import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

const example = join(import.meta.dirname, '..');
const leftovers: string[] = [];
afterEach(() => {
  for (const folder of leftovers.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]): { status: number | null; stdout: string; stderr: string; result: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--conditions=@postern/source',
      '--disable-warning=ExperimentalWarning',
      join(example, 'src/main.ts'),
      ...args,
    ],
    { encoding: 'utf8' },
  );
  const result = /^Apply: to a copy in (.*)$/m.exec(stdout)?.[1] ?? '';
  if (result !== '') leftovers.push(result);
  return { status, stdout, stderr, result };
}

function copyOfHost(): string {
  const folder = mkdtempSync(join(tmpdir(), 'quickstart-'));
  leftovers.push(folder);
  cpSync(join(example, 'host'), folder, { recursive: true });
  return folder;
}

it('walks the example host to a result with no findings and an empty second plan', () => {
  const { status, stdout, stderr, result } = start();
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^audit: \d\d findings before, 0 after$/m);
  expect(stdout).toMatch(/^second plan: empty$/m);
  expect(stdout).not.toContain('differs on');
  expect(readFileSync(join(result, 'main.cf'), 'utf8')).toContain('zen.spamhaus.org=127.0.0.[2..11]');
});

it('leaves a real folder alone unless it is told to apply', () => {
  const folder = copyOfHost();
  const before = readFileSync(join(folder, 'main.cf'), 'utf8');
  expect(start(folder, '--postfix', '3.7.11').status).toBe(0);
  expect(readFileSync(join(folder, 'main.cf'), 'utf8')).toBe(before);

  const applied = start(folder, '--postfix', '3.7.11', '--apply');
  expect(applied.stdout).toContain(`${folder}: applied (undo: npx postern rollback ${folder})`);
  expect(readFileSync(join(folder, 'main.cf'), 'utf8')).not.toBe(before);
});

it('says what it needs when the folder is none', () => {
  const { status, stderr } = start(tmpdir(), '--postfix', '3.7.11');
  expect(status).toBe(3);
  expect(stderr).toContain('has no main.cf');
  expect(existsSync(join(tmpdir(), 'main.cf'))).toBe(false);
});
