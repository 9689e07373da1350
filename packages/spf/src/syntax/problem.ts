/** A half-open stretch of the record's text, in UTF-16 code units from its start. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What is wrong with a record's text; each makes the record a permerror (RFC 7208 section 4.6). */
export type SpfProblemCode =
  | 'no-version'
  | 'bad-character'
  | 'unknown-mechanism'
  | 'unexpected-value'
  | 'missing-value'
  | 'bad-domain'
  | 'bad-macro'
  | 'bad-address'
  | 'bad-prefix'
  | 'bad-modifier-name'
  | 'repeated-modifier';

/** Something wrong in a record, with its place and what to do about it. Plain JSON data. */
export interface SpfProblem {
  readonly code: SpfProblemCode;
  readonly range: Range;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to write instead. */
  readonly advice: string;
}
