/** A half-open stretch of the text, in UTF-16 code units from its start. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A place as an editor shows it: both count from 1; a column counts UTF-16 code units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * One physical line as it stands, its terminator included (the last line may have none).
 * Concatenating the `text` of all lines of an entry gives the entry.
 */
export interface PhysicalLine {
  readonly text: string;
  /** Where the line is in its entry's text. */
  readonly range: Range;
  /** `blank` and `comment` say nothing wherever they stand, even between the lines of one entry. */
  readonly kind: 'content' | 'comment' | 'blank';
}

/**
 * The physical lines of an entry (or of any text), in order. A line ends at LF only: a CR before it is
 * white space to Postfix.
 */
export function linesOf({ text }: { readonly text: string }): PhysicalLine[] {
  const lines: PhysicalLine[] = [];
  for (let start = 0; start < text.length;) {
    const end = endOfLine(text, start);
    lines.push({ text: text.slice(start, end), range: { start, end }, kind: kindOfLine(text, start, end) });
    start = end;
  }
  return lines;
}

/** Where the line that begins at `start` ends: after its LF, or at the end of the text. */
export function endOfLine(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  return newline < 0 ? text.length : newline + 1;
}

/** Says whether the line speaks, by its first character that is not white space. */
export function kindOfLine(text: string, start: number, end: number): PhysicalLine['kind'] {
  const first = skipSpace(text, start, end);
  if (first === end) return 'blank';
  return text.charCodeAt(first) === 0x23 ? 'comment' : 'content';
}

/** The first place in the stretch that holds no white space, or `end`. */
export function skipSpace(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Where the stretch ends when white space at its end is left out; not before `start`. */
export function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(text.charCodeAt(at - 1))) at--;
  return at;
}

/** What Postfix takes for white space: SP HT LF VT FF CR, and nothing beyond ASCII. */
export function isSpace(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

/** The text without white space at its ends. `String.trim` also takes NBSP and BOM, which are data here. */
export function trimSpace(text: string): string {
  const start = skipSpace(text, 0, text.length);
  return text.slice(start, trimEnd(text, start, text.length));
}
