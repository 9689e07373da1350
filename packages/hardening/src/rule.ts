import type { ProblemCode } from '@postern/config';
import type { Change, Finding, Level, Place, Reason } from '@postern/plan';
import type { Subject } from './subject/subject.ts';

/** A change whose reason is still open; the rule or the measure that makes it gives the reason. */
export type Edit = Change extends infer C ? (C extends Change ? Omit<C, 'because'> : never) : never;

/** A defect that configurations can have: how it is found, why it matters and what mends it. */
export interface Rule {
  /** Kebab-case and stable: suppressions and reports refer to it. */
  readonly id: string;
  readonly level: Level;
  /** The Postfix versions it applies to: `all`, `>=2.10`, `>=2.8 <3.9`. It is silent on others. */
  readonly versions: string;
  /** Where it is written down. */
  readonly source: string;
  /** The defect in one line, as a heading. */
  readonly title: string;
  /** What goes wrong, in one or two sentences. */
  readonly why: string;
  /** What the validator of @postern/config says that this rule passes on. */
  readonly codes?: readonly ProblemCode[];
  check(subject: Subject): Iterable<Report>;
}

/** One place where a rule does not hold. */
export interface Report {
  /** What is wrong here, in one sentence that names the thing. */
  readonly message: string;
  readonly at?: Place | undefined;
  /** Default: the rule's. */
  readonly level?: Level;
  /** Default: `certain`. */
  readonly confidence?: Finding['confidence'];
  /** Edits after which the finding is gone; absent where only a person can decide. */
  readonly fix?: readonly Edit[] | undefined;
}

/** Declares a rule; it is here so that the rule's file has its types checked. */
export function defineRule(definition: Rule): Rule {
  return definition;
}

/** Gives edits the reason that they lack. */
export function withReason(edits: readonly Edit[], because: Reason): Change[] {
  return edits.map((edit) => ({ ...edit, because }));
}
