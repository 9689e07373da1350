import { runReadmeExample } from '@postern/testbed';
import { expect, it } from 'vitest';

it('does what the README shows', () => {
  const { printed, promised } = runReadmeExample(`${import.meta.dirname}/../README.md`);
  expect(promised.length).toBeGreaterThan(0);
  expect(printed).toEqual(promised);
});
