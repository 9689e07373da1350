import { join } from 'node:path';
import { runReadmeExample } from '@postern/testbed';
import { expect, it } from 'vitest';

it('the example of the README prints what it promises', () => {
  const { printed, promised } = runReadmeExample(join(import.meta.dirname, '../README.md'));
  expect(promised.length).toBeGreaterThan(0);
  expect(printed).toEqual(promised);
});
