import { expect, it } from 'vitest';
import { runReadmeExample } from '@postern/testbed';

it('the README keeps its promises', () => {
  const { printed, promised } = runReadmeExample(`${import.meta.dirname}/../README.md`);
  expect(printed).toEqual(promised);
});
