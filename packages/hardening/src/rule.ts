import type { ProblemCode } from '@postern/config';
import type { Change, Finding, Level, Place, Reason } from '@postern/plan';
import type { Subject } from './subject/subject.ts';

/** A change whose reason is still open; the rule or the measure that makes it gives the reason. */
export type Edit = Change extends infer C ? (C extends Change ? Omit<C, 'because'> : never) : never;

/**
 * A defect that configurations can have: how it is found, why it matters and what mends it. Every finding carries its
 * fix, or the rule says why only a person can decide and how.
 */
export type Rule = AlwaysMended | SometimesByHand;

interface Defect {
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
}

interface AlwaysMended extends Defect {
  readonly byHand?: undefined;
  check(subject: Subject): Iterable<MendedReport>;
}

interface SometimesByHand extends Defect {
  readonly byHand: ByHand;
  check(subject: Subject): Iterable<Report>;
}

/** What holds where a finding has no fix. */
export interface ByHand {
  /** When there is none, and why no program can know what is meant. One or two sentences. */
  readonly because: string;
  /** What a person does, so that the finding goes away. */
  readonly steps: string;
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
  /** Edits after which the finding is gone; absent where only a person can decide: see `byHand` of the rule. */
  readonly fix?: readonly Edit[] | undefined;
}

/** One place where a rule does not hold, with what mends it. */
export interface MendedReport extends Report {
  readonly fix: readonly Edit[];
}

/** Declares a rule; it is here so that the rule's file has its types checked. */
export function defineRule(definition: Rule): Rule {
  return definition;
}

/** Gives edits the reason that they lack. */
export function withReason(edits: readonly Edit[], because: Reason): Change[] {
  return edits.map((edit) => ({ ...edit, because }));
}
