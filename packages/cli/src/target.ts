import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Configuration } from '@postern/hardening';
import type { ConfigFolder, PostfixHost } from '@postern/controller';
import { CommandError } from './exit.ts';
import { addLoginOptions, isHost, openHost, type LoginFlags } from './host-target.ts';
import type { Io } from './io.ts';
import { checkVersion, findPostfixVersion } from './postfix-version.ts';
import { runScriptHere, type RunScriptOptions } from './run-script.ts';

/** Tables larger than this are not read. */
const largestTable = 64 * 2 ** 20;

/** How to reach a TARGET and which Postfix reads its files, as every command that has one takes it. */
export interface TargetFlags extends LoginFlags {
  readonly postfix?: string;
}

/** A TARGET's configuration: what was read, and the same as rules and simulations take it. */
export interface ReadTarget {
  readonly folder: Pick<ConfigFolder, 'directory' | 'files' | 'fingerprints'>;
  /** With `files`, which gives the tables that the configuration names; tables of passwords are not given. */
  readonly configuration: Configuration;
}

/** What a machine is in its network. */
export interface Surroundings {
  readonly hostname?: string;
  readonly interfaces?: readonly { readonly address: string; readonly prefix: number }[];
}

/**
 * A folder, `local` or `ssh://user@host:port`, the one way in which commands get at what they work on. A host is
 * connected to when it is first needed, once, and until the target is closed.
 */
export interface Target extends AsyncDisposable {
  /** As it was given. */
  readonly name: string;
  readonly kind: 'folder' | 'local' | 'ssh';
  /** The files alone, for which nobody has to know a version; read anew each time. */
  files(): Promise<ReadTarget['folder']>;
  /** The version of Postfix that reads them. */
  version(): Promise<string>;
  /** The whole configuration; read anew each time. */
  read(): Promise<ReadTarget>;
  /** Runs one of our scripts on the machine, as root where it is reached by ssh; for a folder on this one. */
  runScript(script: string, options?: RunScriptOptions): Promise<string>;
  /** Its name and addresses; nothing for a folder. */
  surroundings(): Promise<Surroundings>;
  /** The machine with all that can be done to it. @throws CommandError for a folder */
  host(): Promise<PostfixHost>;
}

/** Adds the options for reaching a TARGET, and `--postfix`. */
export function addTargetOptions(command: Command): Command {
  return addLoginOptions(command).option(
    '--postfix <version>',
    'the Postfix version that reads it (default: the one on the host; for a folder the one installed here)',
  );
}

/** Opens a TARGET of any kind. @throws CommandError for what is none */
export function openTarget(io: Io, name: string, flags: TargetFlags = {}): Target {
  const kind = name === 'local' ? 'local' : isHost(name) ? 'ssh' : 'folder';
  const directory = kind === 'ssh' ? '' : targetFolder(io, name, flags);
  let connection: Promise<PostfixHost> | undefined;
  const host = (): Promise<PostfixHost> => {
    if (kind === 'folder')
      throw new CommandError(
        'usage',
        `${name}: is a folder; this is for "local" and ssh://user@host:port alone`,
      );
    return (connection ??= openHost(io, name, flags));
  };
  return {
    name,
    kind,
    host,
    files: async () => (kind === 'ssh' ? (await host()).readConfig() : readFiles(io, directory)),
    version: async () =>
      kind === 'ssh'
        ? versionOf((await (await host()).readConfig()).version, flags)
        : findPostfixVersion(flags.postfix),
    read: async () => {
      if (kind === 'ssh') return readHost(await host(), flags);
      // First the files: nobody should look for the version that reads a folder which is not there.
      const folder = await readFiles(io, directory);
      const version = await findPostfixVersion(flags.postfix);
      return { folder, configuration: configurationOf(folder, version, readTable) };
    },
    runScript: async (script, options) =>
      kind === 'ssh' ? runScriptThere(io, await host(), script, options) : runScriptHere(io, script, options),
    surroundings: async () => {
      if (kind === 'folder') return {};
      if (kind === 'local') return { hostname: hostname(), interfaces: ownInterfaces() };
      return parseSurroundings(await runScriptThere(io, await host(), surroundingsScript));
    },
    [Symbol.asyncDispose]: async () => {
      // One that could not be opened has said so to whoever asked for it.
      await (await connection?.catch(() => undefined))?.close();
    },
  };
}

/** Reads a TARGET of any kind, for commands that need nothing else of it. */
export async function readTarget(io: Io, name: string, flags: TargetFlags = {}): Promise<ReadTarget> {
  await using target = openTarget(io, name, flags);
  return await target.read();
}

/** The name from which a TARGET's myhostname follows; this machine's for a folder. */
export async function hostnameOf(target: Target): Promise<string> {
  return (await target.surroundings()).hostname ?? hostname();
}

/**
 * Where a TARGET is on this machine: a folder, or `local` for this machine's own Postfix.
 *
 * @throws CommandError for what is neither
 */
export function targetFolder(io: Io, target: string, flags: LoginFlags = {}): string {
  if (target === 'local') return resolve(io.cwd, flags.configDirectory ?? '/etc/postfix');
  if (/^[a-z]+:\/\//i.test(target))
    throw new CommandError(
      'usage',
      `${target}: a target is a folder with main.cf, "local", or ssh://user@host:port`,
    );
  // As one writes it for ssh and scp; a folder with such a name is ./user@host.
  if (/^[\w.-]+@[\w.-]+(:\d+)?$/.test(target))
    throw new CommandError('usage', `${target}: for a host write ssh://${target}`);
  return resolve(io.cwd, target);
}

/** Reads a host's configuration and the tables that it names. */
export async function readHost(host: PostfixHost, flags: TargetFlags): Promise<ReadTarget> {
  const { findSecretFiles, isSecretFile } = await import('@postern/plan');
  const first = await host.readConfig();
  const named = tablesNamedIn(Object.values(first.files), first.directory);
  // Tables of passwords stay on the host.
  const secret = findSecretFiles(first.files);
  const tables = named.filter((path) => !isSecretFile(path, secret));
  const { files } = await host.readConfig({ tables });
  const version = versionOf(first.version, flags);
  return { folder: first, configuration: configurationOf(first, version, (path) => files[path]) };
}

function configurationOf(
  { directory, files }: ReadTarget['folder'],
  version: string,
  tables: (path: string) => string | undefined,
): Configuration {
  return {
    main: files['main.cf']!,
    master: files['master.cf'] ?? '',
    version,
    directory,
    files: tables,
  };
}

function versionOf(found: string, { postfix }: TargetFlags): string {
  return postfix === undefined ? found : checkVersion(postfix);
}

/** The texts behind the tables that a configuration names, and the aliases that Postfix looks into unless told. */
function tablesNamedIn(texts: readonly string[], directory: string): string[] {
  const located = texts
    .join('\n')
    .replaceAll(/\$(?:\{config_directory\}|\(config_directory\)|config_directory\b)/g, () => directory);
  const named = located.matchAll(
    /\b(?:hash|btree|lmdb|cdb|dbm|sdbm|texthash|regexp|pcre|cidr):(\/[^\s,{}$]+)/g,
  );
  const lists = [...located.matchAll(listOfFiles)].map(([, value = '']) => value).join('\n');
  const files = lists.matchAll(/(?<=[\s,!]|^)(\/[^\s,{}$:]+)/g);
  return [...new Set(['/etc/aliases', ...[...named, ...files].map(([, path = '']) => path)])];
}

/** Lists of networks and domains in which the plain name of a file stands for what is in it. */
const listOfFiles =
  /^(?:mynetworks|mydestination|relay_domains|virtual_(?:alias|mailbox)_domains|permit_mx_backup_networks)\s*=((?:[^\n]|\n[ \t])*)/gm;

async function readFiles(io: Io, directory: string): Promise<ConfigFolder> {
  const { readFolder } = await import('@postern/controller/folder');
  const folder = await readFolder(directory);
  if (folder.interrupted) {
    io.err(
      `postern: ${folder.directory}: an earlier change was cut short; the files may be a mixture of old and new. ` +
        'The next apply or rollback completes or undoes it first.\n',
    );
  }
  if (folder.files['master.cf'] === undefined)
    io.err(`postern: ${folder.directory}: has no master.cf, and Postfix does not start without one\n`);
  return folder;
}

function readTable(path: string): string | undefined {
  try {
    const bytes = readFileSync(path);
    return bytes.length > largestTable ? undefined : bytes.toString('latin1');
  } catch {
    return undefined;
  }
}

/** Runs a script on a host as root. */
async function runScriptThere(
  io: Io,
  host: PostfixHost,
  script: string,
  { args = [], timeout = 60_000, onLine }: RunScriptOptions = {},
): Promise<string> {
  let rest = '';
  const tell = (chunk: Buffer): void => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine?.(line);
  };
  const { stdout } = await host.run(
    { script, args: args.map(String) },
    { asRoot: true, timeout, signal: io.signal, ...(onLine && { onOutput: tell }) },
  );
  return stdout.toString('latin1');
}

const surroundingsScript = `
hostname 2>/dev/null || uname -n
ip -o addr show 2>/dev/null | awk '$3 == "inet" || $3 == "inet6" { print $4 }'
`;

/**
 *     mail.example.com
 *     192.0.2.25/24
 *     2001:db8::25/64
 */
function parseSurroundings(text: string): Surroundings {
  const [name = '', ...addresses] = text.split('\n').filter(Boolean);
  const interfaces = addresses.flatMap((each) => {
    const [address = '', prefix] = each.split('/');
    return prefix === undefined ? [] : [{ address, prefix: Number(prefix) }];
  });
  return { ...(name !== '' && { hostname: name }), ...(interfaces.length > 0 && { interfaces }) };
}

function ownInterfaces(): { address: string; prefix: number }[] {
  return Object.values(networkInterfaces())
    .flat()
    .flatMap((one) => (one?.cidr ? [{ address: one.address, prefix: Number(one.cidr.split('/')[1]) }] : []));
}
