import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CommandError } from './exit.ts';

const run = promisify(execFile);

/** A version as `--postfix` takes it: `3.7`, `3.7.11`, `3.12-20260821`. */
export const versionPattern: RegExp = /^[23]\.\d{1,2}(\.\d{1,3})?(-\d{8})?(-[A-Za-z0-9]+)*$/;

/**
 * The Postfix version that an answer is for: the one that was given, else the one installed here.
 *
 * @throws CommandError when neither is known, or when what was given is no version
 */
export async function findPostfixVersion(given: string | undefined): Promise<string> {
  if (given !== undefined) return checkVersion(given);
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;
  try {
    const { stdout } = await run('postconf', ['-d', '-h', 'mail_version'], {
      env: { ...process.env, PATH: path },
      timeout: 10_000,
    });
    const version = stdout.trim();
    if (versionPattern.test(version)) return version;
  } catch {
    // Not installed here: the message below says what to do.
  }
  throw new CommandError(
    'unknown',
    'which Postfix is this configuration for? None is installed here; say it with --postfix, for example --postfix 3.7.11',
  );
}

/** A version from the command line. @throws CommandError for what is none */
export function checkVersion(given: string, option = '--postfix'): string {
  if (versionPattern.test(given)) return given;
  throw new CommandError(
    'usage',
    `${option} ${given} is no Postfix version; write for example ${option} 3.7.11`,
  );
}
