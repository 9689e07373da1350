import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runReadmeExample } from '@postern/testbed';

it('prints what the README promises', () => {
  const { printed, promised } = runReadmeExample(join(import.meta.dirname, '../README.md'));
  expect(printed).toEqual(promised);
});
