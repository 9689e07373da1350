import type { ProblemLevel } from '../problem.ts';

/** What can be wrong with the meaning of a configuration. */
export type MeaningProblemCode =
  | 'bad-boolean'
  | 'bad-integer'
  | 'bad-time'
  | 'out-of-bounds'
  | 'bad-word'
  | 'word-not-in-version'
  | 'bad-compatibility-level'
  | 'bad-protocol'
  | 'bad-table'
  | 'unknown-table-type'
  | 'table-type-not-in-version'
  | 'bad-network'
  | 'unknown-restriction'
  | 'restriction-not-in-version'
  | 'restriction-not-built-in'
  | 'deprecated-restriction'
  | 'bad-restriction-argument'
  | 'restriction-without-data'
  | 'restriction-never-reached'
  | 'bare-table-in-restrictions'
  | 'class-without-list'
  | 'no-relay-control'
  | 'size-limits-contradict'
  | 'comment-in-value'
  | 'unused-parameter'
  | 'undefined-parameter'
  | 'duplicate-parameter'
  | 'read-only-parameter'
  | 'parameter-not-in-version'
  | 'parameter-removed'
  | 'deprecated-parameter'
  | 'bad-service-field'
  | 'inet-private'
  | 'service-type-not-in-version'
  | 'duplicate-service'
  | 'not-all-checked';

/** Something that is wrong with a text, before it has a place in a file. */
export interface Issue {
  readonly code: MeaningProblemCode;
  readonly level: ProblemLevel;
  readonly message: string;
  readonly advice: string;
  /** Where in the text; all of it when absent. */
  readonly start?: number;
  readonly end?: number;
}

/** Text of a user's in a message, cut to a length that can be read. */
export function quote(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
}

/** Issues of one value that are told at most: no list of words is worth more. */
export const MOST_ISSUES = 200;

/** The issues of each of many words, up to a number that a person would still read. */
export function issuesOfEach<Word>(words: readonly Word[], check: (word: Word) => readonly Issue[]): Issue[] {
  const issues: Issue[] = [];
  for (const word of words) {
    if (issues.length >= MOST_ISSUES) break;
    issues.push(...check(word));
  }
  return issues;
}
