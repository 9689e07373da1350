import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { MainCf, MasterCf } from '@postern/config';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';
import { targetFolder } from './target.ts';

/** A configuration folder, read and parsed. */
export interface OpenFolder {
  readonly directory: string;
  readonly main: MainCf;
  readonly master?: MasterCf;
  readonly texts: Readonly<Record<'main.cf', string>> & { readonly 'master.cf'?: string };
}

/** Reads the two files of a folder; `local` is /etc/postfix. */
export async function openFolder(io: Io, name: string): Promise<OpenFolder> {
  const { readFolder } = await import('@postern/controller');
  const { parseMain, parseMaster } = await import('@postern/config');
  const { directory, files } = await readFolder(targetFolder(io, name));
  const { 'main.cf': main = '', 'master.cf': master } = files;
  return {
    directory,
    main: parseMain(main),
    ...(master !== undefined && { master: parseMaster(master) }),
    texts: { 'main.cf': main, ...(master !== undefined && { 'master.cf': master }) },
  };
}

/** Writes what differs from what was read, all of it or nothing. */
export async function writeFolder(
  io: Io,
  folder: OpenFolder,
  texts: Readonly<Record<string, string>>,
): Promise<{ readonly target: string; readonly changed: readonly string[]; readonly id?: string }> {
  const { applyToFolder } = await import('@postern/controller');
  const { changed, id } = await applyToFolder(folder.directory, texts, { signal: io.signal });
  return { target: folder.directory, changed, ...(id !== undefined && { id }) };
}

/** A file of either kind as text; `-` is standard input. A master.cf is known by its name or by the way it reads. */
export async function readConfigFile(
  io: Io,
  file: string,
): Promise<{ text: string; kind: 'main' | 'master' }> {
  const { decodeText } = await import('@postern/config');
  const text = file === '-' ? await io.readInput() : decodeText(await readBytes(resolve(io.cwd, file)));
  return { text, kind: await kindOf(file, text) };
}

/** The trees of a file, or of a folder's two files. */
export async function readTree(
  io: Io,
  path: string,
): Promise<{ readonly main?: MainCf; readonly master?: MasterCf }> {
  const { parseMain, parseMaster } = await import('@postern/config');
  const absolute = resolve(io.cwd, path);
  if ((await stat(absolute).catch(() => undefined))?.isDirectory()) {
    const { main, master } = await openFolder(io, absolute);
    return { main, ...(master && { master }) };
  }
  const { text, kind } = await readConfigFile(io, path);
  return kind === 'master' ? { master: parseMaster(text) } : { main: parseMain(text) };
}

async function kindOf(file: string, text: string): Promise<'main' | 'master'> {
  if (/master/.test(basename(file))) return 'master';
  if (/main/.test(basename(file))) return 'main';
  const { parseMaster } = await import('@postern/config');
  const { entries } = parseMaster(text);
  const services = entries.filter(({ type }) => type === 'service').length;
  return services > entries.filter(({ type }) => type === 'stray').length ? 'master' : 'main';
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError('unknown', `cannot read ${path}: ${reason}`, { cause: error });
  }
}
