import type { PhysicalLine, Range } from './source.ts';

/** One main.cf file: everything in it, in order, so that printing gives the same bytes back. */
export interface MainCf {
  readonly type: 'main-cf';
  readonly entries: readonly MainEntry[];
}

export type MainEntry = ParameterEntry | CommentLine | BlankLine | StrayEntry;

/**
 * `name = value`, with the continuation lines and the comments and blank lines between them that belong to it.
 * The value is derived from the lines, never stored twice.
 */
export interface ParameterEntry {
  readonly type: 'parameter';
  readonly name: string;
  readonly lines: readonly PhysicalLine[];
  readonly range: Range;
}

/** A line whose first character that is not white space is `#`. */
export interface CommentLine {
  readonly type: 'comment';
  readonly lines: readonly [PhysicalLine];
  readonly range: Range;
}

/** An empty line, or one of white space only. */
export interface BlankLine {
  readonly type: 'blank';
  readonly lines: readonly [PhysicalLine];
  readonly range: Range;
}

/** Lines that Postfix refuses or drops: no `=`, an empty name, or an indented start of the file. */
export interface StrayEntry {
  readonly type: 'stray';
  readonly lines: readonly PhysicalLine[];
  readonly range: Range;
}
