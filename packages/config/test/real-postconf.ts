import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '@postern/testbed';

/** What one run of postconf said. */
export interface PostconfRun {
  readonly status: number;
  readonly lines: readonly string[];
  /** All that it printed on standard error, as it stands. */
  readonly stderr: string;
  /** What follows `postconf: warning:` or `fatal:`, in order. */
  readonly complaints: readonly { readonly level: string; readonly text: string }[];
}

/** A configuration folder for the real postconf, gone when disposed. */
export class PostconfFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), 'postern-config-'));

  /** Writes both files; back-dated, since postconf waits for a file that has just changed to cool down. */
  write(main: string | Uint8Array, master: string | Uint8Array = 'smtp inet n - y - - smtpd\n'): this {
    const past = new Date(Date.now() - 3_600_000);
    for (const [name, content] of [
      ['main.cf', main],
      ['master.cf', master],
    ] as const) {
      const file = join(this.path, name);
      writeFileSync(file, content);
      utimesSync(file, past, past);
    }
    return this;
  }

  run(...args: string[]): Promise<PostconfRun> {
    return new Promise((resolve) => {
      execFile(
        findProgram('postconf')!,
        ['-c', this.path, ...args],
        { encoding: 'latin1', maxBuffer: 64 * 1024 * 1024 },
        (error, stdout, stderr) => {
          resolve({
            status: error ? 1 : 0,
            stderr,
            lines: stdout.split('\n').filter((line) => line !== ''),
            complaints: [...stderr.matchAll(/^(?:\S*\/)?postconf: (warning|fatal|error): (.*)$/gm)].map(
              ([, level, text]) => ({
                level: level!,
                text: text!,
              }),
            ),
          });
        },
      );
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** `name = value` lines as a map; postconf prints one blank where a value has white space. */
export function settingsIn(run: PostconfRun): Map<string, string> {
  return new Map(
    run.lines.map((line) => {
      const [, name, value] = /^(\S+) = ?(.*)$/s.exec(line) ?? [undefined, line, ''];
      return [name, value];
    }),
  );
}

/** A value with the white space that postconf prints. */
export function spaced(value: string): string {
  return value.replaceAll(/[ \t\r\n]+/g, ' ').replaceAll(/^ | $/g, '');
}

/** postconf forgets the braces around the first argument that is no option: lines are compared without any. */
export function bracesOff(line: string): string {
  return line.replaceAll(/[{}]/g, '');
}

/** UTF-8 text as postconf's output is read: a character a byte. */
export function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Runs work on each item, many at once: a postconf that refuses its file sleeps for a second. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T, at: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const workers = Array.from({ length: 32 }, async () => {
    while (next < items.length) {
      const at = next++;
      await work(items[at]!, at);
    }
  });
  await Promise.all(workers);
}
