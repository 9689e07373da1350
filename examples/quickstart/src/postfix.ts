import { execFile } from 'node:child_process';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Files } from '@postern/plan';

const run = promisify(execFile);

async function postconf(...args: string[]): Promise<string> {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
  return (await run('postconf', args, { env, timeout: 20_000 })).stdout;
}

/** The version of this machine's Postfix; undefined where there is none. */
export async function installedVersion(): Promise<string | undefined> {
  try {
    return (await postconf('-d', '-h', 'mail_version')).trim();
  } catch {
    return undefined;
  }
}

/**
 * What this machine's own postconf reads from the files: values by name.
 *
 * It gets a copy that looks an hour old: Postfix waits up to two seconds for a file that was written just now.
 */
export async function readBack(files: Files): Promise<Map<string, string>> {
  const copy = await mkdtemp(join(tmpdir(), 'postern-check-'));
  try {
    for (const name of ['main.cf', 'master.cf']) {
      await writeFile(join(copy, name), files[name] ?? '');
      await utimes(join(copy, name), Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
    }
    const lines = (await postconf('-c', copy, '-n')).trimEnd().split('\n');
    return new Map(
      lines.map((line) => [line.slice(0, line.indexOf(' =')), line.slice(line.indexOf(' =') + 2).trim()]),
    );
  } finally {
    await rm(copy, { recursive: true });
  }
}
