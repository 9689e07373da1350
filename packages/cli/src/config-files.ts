import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { MainCf, MasterCf } from '@postern/config';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';
import { isHost } from './host-target.ts';
import { openTarget, type Target, type TargetFlags } from './target.ts';

/** A configuration, read and parsed. */
export interface OpenConfiguration {
  readonly directory: string;
  readonly main: MainCf;
  readonly master?: MasterCf;
  readonly texts: Readonly<Record<'main.cf', string>> & { readonly 'master.cf'?: string };
}

/** Reads and parses the two files of a TARGET. */
export async function openConfiguration(target: Pick<Target, 'files'>): Promise<OpenConfiguration> {
  const { parseMain, parseMaster } = await import('@postern/config');
  const { directory, files } = await target.files();
  const { 'main.cf': main = '', 'master.cf': master } = files;
  return {
    directory,
    main: parseMain(main),
    ...(master !== undefined && { master: parseMaster(master) }),
    texts: { 'main.cf': main, ...(master !== undefined && { 'master.cf': master }) },
  };
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

/** The trees of a file, or of a TARGET's two files. */
export async function readTree(
  io: Io,
  path: string,
  flags: TargetFlags = {},
): Promise<{ readonly main?: MainCf; readonly master?: MasterCf }> {
  const { parseMain, parseMaster } = await import('@postern/config');
  if (isHost(path) || (await stat(resolve(io.cwd, path)).catch(() => undefined))?.isDirectory()) {
    await using target = openTarget(io, path, flags);
    const { main, master } = await openConfiguration(target);
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
