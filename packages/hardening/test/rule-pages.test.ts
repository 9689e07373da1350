import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('has a page for each rule that says what the rule says (scripts/rule-pages.ts brings them up to date)', () => {
  const script = join(import.meta.dirname, '../../../scripts/rule-pages.ts');
  const { stderr, status } = spawnSync(
    process.execPath,
    ['--conditions=@postern/source', '--disable-warning=ExperimentalWarning', script, '--check'],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
