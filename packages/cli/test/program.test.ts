import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

describe('postern', () => {
  it('prints help on standard output and exits 0', async () => {
    const { code, out, err } = await run(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('Usage: postern');
    expect(err).toBe('');
  });

  it('says what it does not know on standard error and exits 2', async () => {
    const { code, out, err } = await run(['harden-everything']);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(/^postern: /);
  });
});
