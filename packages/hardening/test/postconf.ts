import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeText } from '@postern/config';

/** What the real postconf says of two files. */
export interface Reading {
  readonly status: number | null;
  /** Its warnings and errors, without its own name and the numbers of lines. */
  readonly complaints: readonly string[];
}

/** Has the installed Postfix read main.cf and master.cf. */
export function postconf(files: { readonly main: string; readonly master: string }): Reading {
  const folder = mkdtempSync(join(tmpdir(), 'postern-postconf-'));
  try {
    // Postfix waits a while before it trusts a file that has just been written.
    const past = Date.now() / 1000 - 3600;
    for (const name of ['main', 'master'] as const) {
      const path = join(folder, `${name}.cf`);
      writeFileSync(path, encodeText(files[name]));
      utimesSync(path, past, past);
    }
    // With -n it reads master.cf too, to know which parameters are used there.
    const { status, stderr } = spawnSync('/usr/sbin/postconf', ['-c', folder, '-n'], { encoding: 'latin1' });
    const complaints = stderr
      .split('\n')
      .filter((line) => line !== '')
      .map((line) =>
        line
          .replaceAll(folder, '')
          .replace(/^\S+: /, '')
          .replace(/line \d+/, 'line N'),
      );
    return { status, complaints };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
