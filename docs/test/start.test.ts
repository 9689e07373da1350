import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runReadmeExample } from '@postern/testbed';

it('the program of the first page does what it says', () => {
  const { printed, promised } = runReadmeExample(join(import.meta.dirname, '../guide/start.md'));
  expect(printed).toEqual(promised);
  expect(promised).toHaveLength(3);
});
