import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
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

  it('says that a folder is not there before it asks which Postfix reads it', async () => {
    // No postconf is found here, as on the machine of somebody who only has the files.
    vi.stubEnv('PATH', '/nowhere');
    try {
      const folder = join(tmpdir(), 'postern-is-not-here');
      for (const command of ['audit', 'plan', 'relay-proof'])
        expect(await run([command, folder])).toMatchObject({
          code: 3,
          out: '',
          err: `postern: ${folder}: there is no such folder. Give the folder that holds main.cf.\n`,
        });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('says how a host is written', async () => {
    expect(await run(['audit', 'root@mx.example.org'])).toMatchObject({
      code: 2,
      err: 'postern: root@mx.example.org: for a host write ssh://root@mx.example.org\n',
    });
  });

  it('says why a log cannot be read', async () => {
    const etc = join(import.meta.dirname, '../../../examples/quickstart/host');
    const { code, err } = await run(['replay', etc, etc, '--log', 'not-here.log', '--postfix', '3.7.11']);
    expect(code).toBe(3);
    expect(err).toMatch(/cannot read .*not-here\.log: ENOENT/);
  });
});
