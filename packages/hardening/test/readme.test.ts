import { join } from 'node:path';
import { runReadmeExample } from '@postern/testbed';
import { expect, it } from 'vitest';

it("runs the README's example", () => {
  const { printed, promised } = runReadmeExample(join(import.meta.dirname, '../README.md'));
  expect(printed).toEqual(promised);
});
