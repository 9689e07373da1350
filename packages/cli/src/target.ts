import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Configuration } from '@postern/hardening';
import type { ConfigFolder, PostfixHost } from '@postern/controller';
import { CommandError } from './exit.ts';
import { openHost, type LoginFlags } from './host-target.ts';
import type { Io } from './io.ts';
import { findPostfixVersion } from './postfix-version.ts';

/** Tables and password files larger than this are not read for an audit. */
const largestTable = 64 * 2 ** 20;

/** A configuration folder as commands work on it: what was read, and the same as rules take it. */
export interface ReadTarget {
  readonly folder: Pick<ConfigFolder, 'directory' | 'files' | 'fingerprints'>;
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
      `${target}: a target is a folder with main.cf, "local", or ssh://user@host:port`,
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
  if (folder.files['master.cf'] === undefined)
    io.err(`postern: ${folder.directory}: has no master.cf, and Postfix does not start without one\n`);
  const configuration: Configuration = {
    main: folder.files['main.cf']!,
    master: folder.files['master.cf'] ?? '',
    version,
    directory: folder.directory,
    files: readTable,
  };
  return { folder, configuration };
}

/** Reads a target of any kind: a folder or `local` from this machine's files, `ssh://` from the host. */
export async function readAnyTarget(
  io: Io,
  target: string,
  postfix: string | undefined,
  flags: LoginFlags,
): Promise<ReadTarget> {
  if (!target.startsWith('ssh://')) return readTarget(io, target, await findPostfixVersion(postfix));
  await using host = await openHost(io, target, flags);
  return await readHost(host, postfix);
}

/** Reads a host's configuration and the tables that it names. */
export async function readHost(host: PostfixHost, postfix: string | undefined): Promise<ReadTarget> {
  const first = await host.readConfig();
  const texts = Object.values(first.files).join('\n');
  const named = texts.matchAll(/\b(?:hash|btree|lmdb|cdb|texthash|regexp|pcre|cidr):(\/[^\s,{}$]+)/g);
  // Tables of passwords stay on the host.
  const include = [...new Set([...named].map(([, path = '']) => path))].filter(
    (path) => !/passw|secret/i.test(path),
  );
  const folder = include.length === 0 ? first : await host.readConfig({ include });
  const configuration: Configuration = {
    main: folder.files['main.cf']!,
    master: folder.files['master.cf'] ?? '',
    version: postfix ?? folder.version,
    directory: folder.directory,
    files: (path) => folder.files[path],
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
