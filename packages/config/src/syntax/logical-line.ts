import { endOfLine, isSpace, kindOfLine, skipSpace, trimEnd, type Range } from './source.ts';

/** What one stretch of a file is to Postfix. */
export type StretchKind = 'entry' | 'comment' | 'blank' | 'indented-start';

/**
 * Cuts a file into its logical lines and what stands between them.
 *
 * A logical line goes on while the next physical line starts with white space; comments and blank lines
 * in between belong to it but say nothing. What follows the last continuation line is no part of it.
 *
 *     smtpd_recipient_restrictions =
 *         permit_mynetworks,
 *     # our partners
 *         reject_unauth_destination
 *                                  ^ ends here
 *     # the road out                  a comment of its own: no indented line follows it
 *     relayhost = mail.example.org
 *
 * Comment lines in a row are one stretch, and so are blank lines. An indented line that has nothing to
 * continue can only stand at the start of the file; Postfix drops it with everything that continues it.
 *
 * @see readlline(3) in Postfix's source
 */
export function eachStretch(
  text: string,
  visit: (kind: StretchKind, start: number, end: number) => void,
): void {
  let open: 'entry' | 'indented-start' | undefined;
  let openStart = 0;
  let openEnd = 0;
  // Comments and blank lines not yet known to be inside the open entry begin at openEnd.
  for (let start = 0; start < text.length;) {
    const end = endOfLine(text, start);
    if (kindOfLine(text, start, end) === 'content') {
      if (!isSpace(text.charCodeAt(start))) {
        if (open) visit(open, openStart, openEnd);
        eachSilentRun(text, openEnd, start, visit);
        open = 'entry';
        openStart = start;
      } else if (!open) {
        eachSilentRun(text, 0, start, visit);
        open = 'indented-start';
        openStart = start;
      }
      openEnd = end;
    }
    start = end;
  }
  if (open) visit(open, openStart, openEnd);
  eachSilentRun(text, openEnd, text.length, visit);
}

function eachSilentRun(
  text: string,
  start: number,
  end: number,
  visit: (kind: StretchKind, start: number, end: number) => void,
): void {
  let runStart = start;
  let runKind: 'comment' | 'blank' | undefined;
  for (let at = start; at < end;) {
    const lineEnd = endOfLine(text, at);
    const kind = kindOfLine(text, at, lineEnd) === 'comment' ? 'comment' : 'blank';
    if (runKind && kind !== runKind) {
      visit(runKind, runStart, at);
      runStart = at;
    }
    runKind = kind;
    at = lineEnd;
  }
  if (runKind) visit(runKind, runStart, end);
}

/**
 * One logical line as Postfix sees it: comments and blank lines are gone, each newline is deleted, the
 * white space at the start of a continuation line stays, and a NUL ends everything.
 */
export function logicalText(text: string): string {
  const first = endOfLine(text, 0);
  if (first === text.length) return beforeNul(withoutNewline(text, 0, first));
  return logicalLine(text).text;
}

/** A logical line that knows where each of its characters stands in the text it was read from. */
export interface LogicalLine {
  readonly text: string;
  /** The offset in the original text of a character of the logical line; its end maps to where its last line ends. */
  offsetOf(logical: number): number;
}

/** Like `logicalText`, with the way back from each character to its place. */
export function logicalLine(text: string): LogicalLine {
  const pieces: string[] = [];
  const logicalStarts: number[] = [];
  const textStarts: number[] = [];
  let length = 0;
  for (let start = 0; start < text.length;) {
    const end = endOfLine(text, start);
    if (kindOfLine(text, start, end) === 'content') {
      const piece = withoutNewline(text, start, end);
      pieces.push(piece);
      logicalStarts.push(length);
      textStarts.push(start);
      length += piece.length;
    }
    start = end;
  }
  return {
    text: beforeNul(pieces.join('')),
    offsetOf(logical) {
      let low = 0;
      let high = logicalStarts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (logicalStarts[middle]! <= logical) low = middle;
        else high = middle - 1;
      }
      return (textStarts[low] ?? 0) + logical - (logicalStarts[low] ?? 0);
    },
  };
}

function beforeNul(text: string): string {
  const nul = text.indexOf('\0');
  return nul < 0 ? text : text.slice(0, nul);
}

function withoutNewline(text: string, start: number, end: number): string {
  return text.slice(start, text.charCodeAt(end - 1) === 0x0a ? end - 1 : end);
}

/** `name = value` taken apart, with where the name ends and the value begins and ends in the line. */
export interface NameAndValue {
  readonly name: string;
  readonly value: string;
  readonly nameRange: Range;
  /** Empty and just after the `=` when there is no value. */
  readonly valueRange: Range;
}

/** Splits at the first `=`; the name is one word, the value is trimmed and may be empty. */
export function splitNameAndValue(line: string): NameAndValue | { readonly missing: 'equals' | 'name' } {
  const start = skipSpace(line, 0, line.length);
  const nameEnd = endOfName(line, start);
  if (nameEnd === start) return { missing: 'name' };
  const equals = skipSpace(line, nameEnd, line.length);
  if (line.charCodeAt(equals) !== 0x3d) return { missing: 'equals' };
  const spoken = skipSpace(line, equals + 1, line.length);
  const valueStart = spoken === line.length ? equals + 1 : spoken;
  const valueEnd = trimEnd(line, valueStart, line.length);
  return {
    name: line.slice(start, nameEnd),
    value: line.slice(valueStart, valueEnd),
    nameRange: { start, end: nameEnd },
    valueRange: { start: valueStart, end: valueEnd },
  };
}

function endOfName(line: string, start: number): number {
  let at = start;
  while (at < line.length && line.charCodeAt(at) !== 0x3d && !isSpace(line.charCodeAt(at))) at++;
  return at;
}
