import { runReadmeExample } from '@postern/testbed';
import { expect, it } from 'vitest';

it('the example in the README does what it says', () => {
  expect(runReadmeExample(`${import.meta.dirname}/../README.md`)).not.toBe('');
});
