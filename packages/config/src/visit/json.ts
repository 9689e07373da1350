import { parseMain, type MainCf } from '../syntax/main-cf.ts';
import { parseMaster, type MasterCf } from '../syntax/master-cf.ts';

/** A tree that was read from JSON, or why it is none. */
export type TreeFromJson = { readonly tree: MainCf | MasterCf } | { readonly problem: string };

/**
 * Takes a tree that went through JSON. Trees are plain data, so `JSON.stringify` is the way there; this is the
 * way back for data of unknown origin: every entry must say of its text what a parser would say.
 *
 * @param data  what `JSON.parse` gave
 */
export function treeFromJson(data: unknown): TreeFromJson {
  if (!isObject(data) || !Array.isArray(data['entries'])) return { problem: 'a tree has a type and entries' };
  const { type } = data;
  if (type !== 'main-cf' && type !== 'master-cf')
    return { problem: 'the type of a tree is main-cf or master-cf' };
  const parse = type === 'main-cf' ? parseMain : parseMaster;
  for (const [at, entry] of data['entries'].entries()) {
    const problem = entryProblem(entry, parse);
    if (problem !== undefined) return { problem: `entries[${at}]: ${problem}` };
  }
  return { tree: data as unknown as MainCf | MasterCf };
}

function entryProblem(entry: unknown, parse: (text: string) => MainCf | MasterCf): string | undefined {
  if (!isObject(entry) || typeof entry['text'] !== 'string') return 'an entry has a text';
  const { range } = entry;
  if (!isObject(range) || !Number.isSafeInteger(range['start']) || !Number.isSafeInteger(range['end'])) {
    return 'an entry has a range of two whole numbers';
  }
  const [read, ...others] = parse(entry['text']).entries;
  if (!read || others.length > 0) return 'its text is not one entry';
  const { text: _, range: __, ...meaning } = read;
  const wrong = Object.entries(meaning).find(([key, value]) => entry[key] !== value);
  return wrong && `its ${wrong[0]} must be ${JSON.stringify(wrong[1])}, by its text`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
