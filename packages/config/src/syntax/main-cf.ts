import { eachStretch, logicalLine, logicalText, splitNameAndValue } from './logical-line.ts';
import { shareTexts, type ShareText } from './short-texts.ts';
import { isSpace, type Range } from './source.ts';

/** One main.cf file: everything in it, in order, so that printing gives the same bytes back. */
export interface MainCf {
  readonly type: 'main-cf';
  readonly entries: readonly MainEntry[];
}

export type MainEntry = ParameterEntry | CommentEntry | BlankEntry | StrayEntry;

/**
 * `name = value`, with the continuation lines and the comments and blank lines between them that belong to it.
 * The value (`valueOf`) and the lines (`linesOf`) are derived from the text, never stored twice.
 */
export interface ParameterEntry {
  readonly type: 'parameter';
  readonly name: string;
  /** The entry as it stands, terminator of its last line included. */
  readonly text: string;
  /** The stretch of the parsed text that this entry stands for; see `locate` for where it is after edits. */
  readonly range: Range;
}

/** Lines in a row whose first character that is not white space is `#`. */
export interface CommentEntry {
  readonly type: 'comment';
  readonly text: string;
  readonly range: Range;
}

/** Lines in a row that are empty or of white space only. */
export interface BlankEntry {
  readonly type: 'blank';
  readonly text: string;
  readonly range: Range;
}

/** A logical line that Postfix refuses or drops. */
export interface StrayEntry {
  readonly type: 'stray';
  readonly reason: StrayReason;
  readonly text: string;
  readonly range: Range;
}

/**
 * Why a logical line has no meaning. Postfix drops an `indented-start` with a warning; each of the others
 * stops it. The last two occur in master.cf only, the two before them in main.cf only.
 */
export type StrayReason =
  'indented-start' | 'missing-equals' | 'missing-name' | 'too-few-fields' | 'unknown-service-type';

/** Reads a main.cf. Any text is accepted, and `printMain` gives it back. */
export function parseMain(text: string): MainCf {
  const entries: MainEntry[] = [];
  const share = shareTexts(text);
  eachStretch(text, (kind, start, end) => {
    const stretch = share(text.slice(start, end));
    const range = { start, end };
    if (kind === 'entry') entries.push(readParameter(stretch, range, share));
    else if (kind === 'indented-start') entries.push({ type: 'stray', reason: kind, text: stretch, range });
    else entries.push({ type: kind, text: stretch, range });
  });
  return { type: 'main-cf', entries };
}

/** The text of a main.cf: what was parsed, with the edits made since. */
export function printMain(tree: MainCf): string {
  return printEntries(tree.entries);
}

/** The value of a parameter as `postconf -n` shows it: continuations joined, `$` not expanded. */
export function valueOf(entry: ParameterEntry): string {
  const split = splitNameAndValue(logicalText(entry.text));
  return 'value' in split ? split.value : '';
}

/** A value with the way back from each of its characters to the entry's text. */
export interface PlacedValue {
  readonly text: string;
  /** Where a stretch of the value stands in the entry's text; comments between its lines lie inside. */
  rangeOf(start: number, end: number): Range;
}

/** Like `valueOf`, with the places. */
export function placedValueOf(entry: ParameterEntry): PlacedValue {
  const line = logicalLine(entry.text);
  const split = splitNameAndValue(line.text);
  const [text, base] = 'value' in split ? [split.value, split.valueRange.start] : ['', 0];
  return {
    text,
    rangeOf: (start, end) => ({
      start: line.offsetOf(base + start),
      end: end > start ? line.offsetOf(base + end - 1) + 1 : line.offsetOf(base + start),
    }),
  };
}

/** The entry that gives a parameter its value: of several, Postfix takes the last. */
export function findParameter(tree: MainCf, name: string): ParameterEntry | undefined {
  return tree.entries.findLast(
    (entry): entry is ParameterEntry => entry.type === 'parameter' && entry.name === name,
  );
}

function readParameter(text: string, range: Range, share: ShareText): ParameterEntry | StrayEntry {
  const name = nameAtStart(text);
  if (name !== undefined) return { type: 'parameter', name: share(name), text, range };
  const split = splitNameAndValue(logicalText(text));
  if ('name' in split) return { type: 'parameter', name: split.name, text, range };
  return { type: 'stray', reason: `missing-${split.missing}`, text, range };
}

/** The name, where it and the `=` stand on the first line, as they nearly always do: nothing else is looked at. */
function nameAtStart(text: string): string | undefined {
  let at = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x3d || isSpace(code)) break;
    if (code === 0) return undefined;
  }
  const end = at;
  while (at < text.length && isSpace(text.charCodeAt(at)) && text.charCodeAt(at) !== 0x0a) at++;
  return end > 0 && text.charCodeAt(at) === 0x3d ? text.slice(0, end) : undefined;
}

/** Concatenates entries in pieces, so that a file of millions of them needs no second copy of its list. */
export function printEntries(entries: readonly { readonly text: string }[]): string {
  const pieces: string[] = [];
  let piece = '';
  for (const { text } of entries) {
    piece += text;
    if (piece.length > 0xffff) {
      pieces.push(piece);
      piece = '';
    }
  }
  pieces.push(piece);
  return pieces.join('');
}
