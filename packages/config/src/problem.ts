import type { MeaningProblemCode } from './validate/issue.ts';
import type { Layout } from './syntax/layout.ts';
import type { MainEntry } from './syntax/main-cf.ts';
import type { MasterEntry } from './syntax/master-cf.ts';
import type { Position, Range } from './syntax/source.ts';

/**
 * What can be wrong with a configuration, as data.
 * The codes of the syntax and of expansion are here; those of meaning are the validator's.
 */
export type ProblemCode = SyntaxProblemCode | MacroProblemCode | MeaningProblemCode;

export type SyntaxProblemCode =
  | 'indented-start'
  | 'missing-equals'
  | 'missing-name'
  | 'nul-byte'
  | 'too-few-fields'
  | 'unknown-service-type'
  | 'unclosed-brace'
  | 'text-after-brace'
  | 'option-without-setting';

export type MacroProblemCode =
  | 'macro-unclosed'
  | 'macro-empty-name'
  | 'macro-bad-name'
  | 'macro-bad-expression'
  | 'macro-bad-level'
  | 'macro-needs-version'
  | 'macro-recursion'
  | 'macro-nesting'
  | 'macro-too-long';

/** `error`: Postfix stops or reads something else; `warning`: it should be changed; `note`: worth knowing. */
export type ProblemLevel = 'error' | 'warning' | 'note';

export type ProblemFile = 'main.cf' | 'master.cf';

/** Something that is wrong in a file, where, and what to do about it. Plain JSON data. */
export interface Problem {
  readonly code: ProblemCode;
  readonly level: ProblemLevel;
  /** What is wrong here, in one sentence without its place. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  readonly file: ProblemFile;
  /** The stretch of the file as it would be printed now, in UTF-16 code units. */
  readonly range: Range;
  /** Where the range starts. */
  readonly at: Position;
}

/** A problem with a stretch of an entry's text, placed in the file. */
export function problemAt(
  layout: Layout,
  entry: MainEntry | MasterEntry,
  file: ProblemFile,
  inEntry: Range,
  what: Pick<Problem, 'code' | 'level' | 'message' | 'advice'>,
): Problem {
  const range = layout.rangeOf(entry, inEntry) ?? inEntry;
  return { ...what, file, range, at: layout.positionAt(range.start) };
}

/** Longest line of a source frame; what is longer is cut around the place. */
const frameWidth = 120;

/**
 * The line of a problem with a caret under its place.
 *
 *     main.cf:3:16: error: "yess" is neither yes nor no
 *       3 | smtpd_helo_required = yess
 *         |                       ^^^^
 *     write yes or no
 */
export function frame(text: string, { file, at, level, message, advice, range }: Problem): string {
  const lineStart = range.start - at.column + 1;
  const newline = text.indexOf('\n', range.start);
  const line = text.slice(lineStart, newline < 0 ? text.length : newline).replace(/\r$/, '');
  const before = at.column - 1;
  const from = Math.max(0, Math.min(before - frameWidth / 2, line.length - frameWidth));
  // One column for each unit, whatever a terminal would make of it.
  const shown = line.slice(from, from + frameWidth).replaceAll(/[\p{Cc}\ud800-\udfff]/gu, '·');
  const carets = Math.max(
    1,
    Math.min(range.end - range.start, line.length - before, frameWidth - (before - from)),
  );
  const number = String(at.line);
  return [
    `${file}:${at.line}:${at.column}: ${level}: ${message}`,
    `  ${number} | ${shown}`,
    `  ${' '.repeat(number.length)} | ${' '.repeat(before - from)}${'^'.repeat(carets)}`,
    advice,
  ].join('\n');
}
