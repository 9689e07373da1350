import { join } from 'node:path';
import { runReadmeExample } from '@postern/testbed';
import { expect, it } from 'vitest';

it("the README's example prints what it says", () => {
  const { printed, promised } = runReadmeExample(join(import.meta.dirname, '../README.md'));
  expect(printed).toEqual(promised);
});
