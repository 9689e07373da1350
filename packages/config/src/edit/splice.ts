import type { Range } from '../syntax/source.ts';

interface Node {
  readonly text: string;
  readonly range: Range;
}

/**
 * The entries with one of them replaced by others; all the rest stay the same objects.
 *
 * The first of the replacements takes over the range of what it replaces, further ones get the empty range
 * behind it: a range goes on saying which stretch of the parsed text an entry stands for.
 */
export function replaceEntry<Entry extends Node>(
  entries: readonly Entry[],
  index: number,
  replacements: readonly Entry[],
): Entry[] {
  const { range } = entries[index]!;
  const behind = { start: range.end, end: range.end };
  return entries.toSpliced(
    index,
    1,
    ...replacements.map((entry, at) => ({ ...entry, range: at === 0 ? range : behind })),
  );
}

/**
 * The entries with another after the one at the index (-1: at the start of the file). Its text is
 * given without a terminator. A file that does not end in a newline goes on not to.
 */
export function insertEntry<Entry extends Node>(
  entries: readonly Entry[],
  index: number,
  entry: Entry,
): Entry[] {
  const before = entries[index];
  const eol = lineEnding(entries, index);
  const end = before?.range.end ?? 0;
  const range = { start: end, end };
  const wasLast = index === entries.length - 1;
  if (before && wasLast && !before.text.endsWith('\n')) {
    return entries.toSpliced(index, 1, { ...before, text: before.text + eol }, { ...entry, range });
  }
  return entries.toSpliced(index + 1, 0, { ...entry, text: entry.text + eol, range });
}

/** What ends lines around an entry: the terminator of the nearest line above it that has one, or else of the file. */
export function lineEnding(entries: readonly Node[], index: number): '\n' | '\r\n' {
  for (let at = index; at >= 0; at--) {
    const found = endingIn(entries[at]!.text);
    if (found) return found;
  }
  for (const { text } of entries) {
    const found = endingIn(text);
    if (found) return found;
  }
  return '\n';
}

function endingIn(text: string): '\n' | '\r\n' | undefined {
  const newline = text.indexOf('\n');
  if (newline < 0) return undefined;
  return text.charCodeAt(newline - 1) === 0x0d ? '\r\n' : '\n';
}
