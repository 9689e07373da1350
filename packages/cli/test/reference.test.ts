import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findProgram } from '@postern/testbed';

const root = join(import.meta.dirname, '../../..');
const page = join(import.meta.dirname, '../man/postern.1');

it('the page of all subcommands, the man page and the JSON Schema are up to date', () => {
  const script = join(root, 'scripts/command-reference.ts');
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@postern/source', script, '--check'],
    {
      encoding: 'utf8',
    },
  );
  expect([status, stderr]).toEqual([0, '']);
});

it.skipIf(findProgram('man') === undefined)('man renders the page without a warning', () => {
  const { status, stdout, stderr } = spawnSync('man', ['--warnings', '-l', page], {
    encoding: 'utf8',
    env: { ...process.env, MANWIDTH: '100', MANPAGER: 'cat', LC_ALL: 'C.UTF-8' },
  });
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toContain('postern queue delete');
  expect(stdout).toContain('--no-postscreen');
});

it.skipIf(findProgram('mandoc') === undefined)('mandoc finds nothing to warn of', () => {
  const { status, stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', page], {
    encoding: 'utf8',
  });
  expect([status, stdout, stderr]).toEqual([0, '', '']);
});
