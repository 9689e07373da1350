import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const source = join(import.meta.dirname, '../src');

/** Every file that a module needs when it runs: what is imported for its types alone does not count. */
function needed(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.startsWith('/')) return seen;
  const imports = readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type)[^;]*? from '([^']+)'/gm);
  for (const [, target = ''] of imports)
    needed(target.startsWith('.') ? join(file, '..', target) : target, seen);
  return seen;
}

it('@postern/dns/fixture needs nothing of Node and no library', () => {
  const files = needed(join(source, 'fixture.ts'));
  expect(files.size).toBeGreaterThan(5);
  expect([...files].filter((file) => !file.startsWith(source))).toEqual([]);
  for (const file of files) expect(readFileSync(file, 'utf8')).not.toMatch(/\b(?:Buffer|process)\.|'node:/);
});
