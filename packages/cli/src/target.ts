import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Configuration } from '@postern/hardening';
import type { ConfigFolder } from '@postern/controller';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';

/** Tables and password files larger than this are not read for an audit. */
const largestTable = 64 * 2 ** 20;

/** A configuration folder as commands work on it: what was read, and the same as rules take it. */
export interface ReadTarget {
  readonly folder: ConfigFolder;
  readonly configuration: Configuration;
}

/**
 * Where a TARGET is on this machine: a folder, or `local` for this machine's own Postfix.
 *
 * @throws CommandError for what is neither
 */
export function targetFolder(io: Io, target: string): string {
  if (target === 'local') return '/etc/postfix';
  if (/^[a-z]+:\/\//.test(target))
    throw new CommandError(
      'usage',
      `${target}: a target is a folder with main.cf, or "local" for /etc/postfix`,
    );
  return resolve(io.cwd, target);
}

/** Reads a target for the Postfix version at hand. */
export async function readTarget(io: Io, target: string, version: string): Promise<ReadTarget> {
  const { readFolder } = await import('@postern/controller');
  const folder = await readFolder(targetFolder(io, target));
  if (folder.interrupted) {
    io.err(
      `postern: ${folder.directory}: an earlier change was cut short; the files may be a mixture of old and new. ` +
        'The next apply or rollback completes or undoes it first.\n',
    );
  }
  const configuration: Configuration = {
    main: folder.files['main.cf']!,
    master: folder.files['master.cf'] ?? '',
    version,
    directory: folder.directory,
    files: readTable,
  };
  return { folder, configuration };
}

function readTable(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length > largestTable ? undefined : bytes.toString('latin1');
  } catch {
    return undefined;
  }
}
