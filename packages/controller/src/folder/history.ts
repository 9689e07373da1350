import { readdir, readFile, rm } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Change } from '@postern/plan';
import { ControllerError } from '../error.ts';
import { makeFolders } from './durable.ts';
import type { Fingerprint } from './fingerprint.ts';
import { stateFolder } from './paths.ts';
import { errno } from './trouble.ts';

/** One apply or rollback that was completed. */
export interface ApplyRecord {
  /** Counts up; later records sort after earlier ones. */
  readonly id: string;
  readonly kind: 'apply' | 'rollback';
  /** For a rollback: the record before which the folder was put back. */
  readonly to?: string;
  /** When, ISO 8601. */
  readonly at: string;
  /** The user, and with sudo also who called it: `root (sudo: anna)`. */
  readonly by: string;
  readonly files: readonly RecordedFile[];
  /** main.cf and master.cf where they were not among `files`: how they were at that time. */
  readonly seen: Readonly<Record<string, Fingerprint>>;
  /** The plan's changes with their reasons; secrets are masked. Empty when files were given instead of a plan. */
  readonly changes: readonly Change[];
}

/** A file that an apply replaced, created (`before` is null) or removed (`after` is null). */
export interface RecordedFile {
  readonly path: string;
  readonly before: Fingerprint | null;
  readonly after: Fingerprint | null;
  /** The topmost folder that was made for it. */
  readonly newFolder?: string;
}

export function recordFolder(directory: string, id: string): string {
  return join(stateFolder(directory), 'applies', id);
}

/** Where a record keeps a file as it was before or after. */
export function copyOf(directory: string, id: string, side: 'before' | 'after', path: string): string {
  return join(recordFolder(directory, id), side, encodeURIComponent(path));
}

export function recordFile(directory: string, id: string): string {
  return join(recordFolder(directory, id), 'record.json');
}

/** What was applied to a folder, the oldest first. `except` is under way or was cut short, and no part of history yet. */
export async function readHistory(directory: string, except?: string): Promise<ApplyRecord[]> {
  const ids = await listRecords(directory);
  const records = await Promise.all(ids.filter((id) => id !== except).map((id) => readRecord(directory, id)));
  return records.filter((record) => record !== undefined);
}

/** The name for the next record: a number that counts up, and the time for people who look into the folder. */
export async function nextId(directory: string, at: Date): Promise<string> {
  const last = (await listRecords(directory)).at(-1);
  const number = (last === undefined ? 0 : Number.parseInt(last, 10)) + 1;
  return `${String(number).padStart(6, '0')}-${at.toISOString().replace(/[-:]|\.\d+/g, '')}`;
}

/** Removes the oldest records beyond the number to keep. */
export async function forgetOld(directory: string, keep: number): Promise<void> {
  const ids = await listRecords(directory);
  for (const id of ids.slice(0, Math.max(0, ids.length - keep))) {
    await rm(recordFolder(directory, id), { recursive: true, force: true });
  }
}

export async function makeRecordFolder(directory: string, id: string): Promise<void> {
  for (const side of ['before', 'after']) {
    await makeFolders(join(recordFolder(directory, id), side), 0o700);
  }
}

/** Who runs this process, for people. */
export function whoAmI(): string {
  let name: string;
  try {
    name = userInfo().username;
  } catch {
    name = `uid ${process.getuid?.() ?? '?'}`;
  }
  const caller = process.env['SUDO_USER'];
  return caller ? `${name} (sudo: ${caller})` : name;
}

async function listRecords(directory: string): Promise<string[]> {
  try {
    const names = await readdir(join(stateFolder(directory), 'applies'));
    return names
      .filter((name) => /^\d{6,}-\w+$/.test(name))
      .toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errno(error))) return [];
    throw error;
  }
}

async function readRecord(directory: string, id: string): Promise<ApplyRecord | undefined> {
  const file = recordFile(directory, id);
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as ApplyRecord;
    if (record.id === id && Array.isArray(record.files)) return record;
  } catch (error) {
    // Cut short before anything was changed: there is nothing to tell.
    if (errno(error) === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new ControllerError(
    'damaged-history',
    `${file}: is not a record that can be read. Move ${recordFolder(directory, id)} away; that apply can then not be rolled back.`,
  );
}
