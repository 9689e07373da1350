import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith, runReadmeExample } from '@postern/testbed';

describeWith(['root', 'namespaces', 'ip', 'postfix'], 'the README', () => {
  it('has an example that does what it says', () => {
    const { printed, promised } = runReadmeExample(join(import.meta.dirname, '../README.md'));
    expect(printed).toEqual(promised);
    expect(promised).toHaveLength(1);
  });
});
