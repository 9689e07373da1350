import { linesOf } from '@postern/config';

/** One logical line of a table file: continuation lines joined, comments and blank lines gone. */
export interface TableLine {
  readonly text: string;
  /** The number of its first physical line, from 1. */
  readonly line: number;
}

/**
 * The logical lines of a table: the same rule as in main.cf (readlline(3)); white space at the end is trimmed.
 * An indented first line is kept here as Postfix's readlline does for tables: it is dropped.
 */
export function logicalLines(text: string): TableLine[] {
  const lines: { pieces: string[]; line: number }[] = [];
  let number = 0;
  for (const physical of linesOf({ text })) {
    number++;
    if (physical.kind !== 'content') continue;
    const content = physical.text.replace(/\n$/, '');
    const last = lines.at(-1);
    if (!/^[ \t\v\f\r]/.test(content)) lines.push({ pieces: [content], line: number });
    else if (last) last.pieces.push(content);
  }
  return lines.map(({ pieces, line }) => ({ text: withoutSpaceAtEnd(pieces.join('')), line }));
}

/** No pattern: an engine looks at a run of spaces in the middle once from each of them. */
function withoutSpaceAtEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\n\v\f\r'.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}
