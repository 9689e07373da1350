import type { MainCf, MainEntry } from './main-cf.ts';
import type { MasterCf, MasterEntry } from './master-cf.ts';
import type { Position, Range } from './source.ts';

/** Entries longer than this have their line ends listed when a place in them is first asked for. */
const LONG_ENTRY = 1024;

/** Where the entries of a tree stand in the file that it would be printed to now. */
export interface Layout {
  /** Offset of an entry of the tree in the printed file; undefined for an entry of another tree. */
  offsetOf(entry: MainEntry | MasterEntry): number | undefined;
  /** Where an offset in the printed file is, as an editor shows it. */
  positionAt(offset: number): Position;
  /** Where an entry of the tree (or a place in its text) is; undefined for an entry of another tree. */
  locate(entry: MainEntry | MasterEntry, offsetInEntry?: number): Position | undefined;
  /** The stretch of the printed file that is a stretch of an entry's text; the whole entry by default. */
  rangeOf(entry: MainEntry | MasterEntry, inEntry?: Range): Range | undefined;
}

/**
 * Lays a tree out once, to ask for many places. An entry's own `range` speaks of the text that was parsed;
 * this speaks of the text with the edits made since.
 */
export function layoutOf(tree: MainCf | MasterCf): Layout {
  const starts: number[] = [];
  const indexes = new Map<MainEntry | MasterEntry, number>();
  let length = 0;
  for (const entry of tree.entries) {
    indexes.set(entry, starts.length);
    starts.push(length);
    length += entry.text.length;
  }
  // The number of the line that each entry begins on; filled as far as somebody asked.
  const lines: number[] = [1];
  const lineOf = (index: number): number => {
    for (let known = lines.length; known <= index; known++) {
      lines.push(lines[known - 1]! + countNewlines(tree.entries[known - 1]!.text));
    }
    return lines[index]!;
  };
  // Line ends of the entries that are too long to be gone through for each place.
  const newlines = new Map<number, readonly number[]>();
  const placeInLong = (index: number, offset: number): Position => {
    const ends = newlines.get(index) ?? newlinesIn(tree.entries[index]!.text);
    newlines.set(index, ends);
    const behind = lastAtMost(ends, offset - 1);
    return { line: lineOf(index) + behind, column: offset - ends[behind]! };
  };
  const place = (index: number, offset: number): Position => {
    if (tree.entries[index]!.text.length > LONG_ENTRY) return placeInLong(index, offset);
    const before = tree.entries[index]!.text.slice(0, offset);
    return { line: lineOf(index) + countNewlines(before), column: offset - before.lastIndexOf('\n') };
  };
  const offsetOf = (entry: MainEntry | MasterEntry): number | undefined => {
    const index = indexes.get(entry);
    return index === undefined ? undefined : starts[index];
  };
  return {
    offsetOf,
    positionAt(offset) {
      if (starts.length === 0) return { line: 1, column: 1 };
      const within = Math.min(Math.max(offset, 0), length);
      const index = lastAtMost(starts, within);
      return place(index, within - starts[index]!);
    },
    locate(entry, offsetInEntry = 0) {
      const index = indexes.get(entry);
      return index === undefined ? undefined : place(index, offsetInEntry);
    },
    rangeOf(entry, inEntry = { start: 0, end: entry.text.length }) {
      const start = offsetOf(entry);
      return start === undefined ? undefined : { start: start + inEntry.start, end: start + inEntry.end };
    },
  };
}

/** Index of the last number that is at most the wanted one, in an ascending list that begins so. */
function lastAtMost(ascending: readonly number[], wanted: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle]! <= wanted) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The places of the line ends, behind one that stands before the text. */
function newlinesIn(text: string): number[] {
  const ends = [-1];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) ends.push(at);
  return ends;
}

function countNewlines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
