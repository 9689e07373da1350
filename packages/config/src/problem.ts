import type { Position, Range } from './syntax/source.ts';

/**
 * What can be wrong with a configuration, as data.
 * The codes of the syntax and of expansion are here; those of meaning are the validator's.
 */
export type ProblemCode = SyntaxProblemCode | MacroProblemCode;

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

/** Something that is wrong in a file, where, and what to do about it. Plain JSON data. */
export interface Problem {
  readonly code: ProblemCode;
  readonly level: ProblemLevel;
  /** What is wrong here, in one sentence without its place. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  readonly file: 'main.cf' | 'master.cf';
  /** The stretch of the file as it would be printed now, in UTF-16 code units. */
  readonly range: Range;
  /** Where the range starts. */
  readonly at: Position;
}
