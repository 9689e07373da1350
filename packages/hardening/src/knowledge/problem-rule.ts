import type { ProblemCode } from '@postern/config';
import type { ByHand, Edit, Report, Rule } from '../rule.ts';
import type { FoundProblem } from '../subject/found-problem.ts';
import type { Subject } from '../subject/subject.ts';

/** A rule about what Postfix itself refuses, ignores or misreads, which the validator finds. */
interface ProblemRule extends Omit<Rule, 'check' | 'byHand'> {
  readonly codes: readonly ProblemCode[];
  readonly byHand: ByHand;
  /** What makes one finding go away; undefined where only a person can decide. */
  readonly fix: (found: FoundProblem, subject: Subject) => readonly Edit[] | undefined;
  /** How sure it is; default: certain. `false` when it is not enough to speak. */
  readonly confidence?: (found: FoundProblem, subject: Subject) => NonNullable<Report['confidence']> | false;
}

/** Declares a rule that passes on what the validator says, with a fix. */
export function problemRule({ fix, confidence = () => 'certain', ...definition }: ProblemRule): Rule {
  return {
    ...definition,
    *check(subject: Subject): Iterable<Report> {
      for (const found of subject.problems(...definition.codes)) {
        const { message, level, at } = found;
        const sure = confidence(found, subject);
        if (sure !== false) yield { message, level, at, confidence: sure, fix: fix(found, subject) };
      }
    },
  };
}

/** The name that a message suggests for a misspelt one. */
export function suggestionIn(message: string): string | undefined {
  return /did you mean ([^\s?]+)\?/.exec(message)?.[1];
}

/** The value with a word in place of another wherever that stands by itself; undefined when it does not. */
export function replaceWord(value: string, word: string, replacement: string): string | undefined {
  if (word === '') return undefined;
  const escaped = word.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
  const alone = new RegExp(`(?<![^\\s,])${escaped}(?![^\\s,])`, 'g');
  if (!alone.test(value)) return undefined;
  return value
    .replace(alone, () => replacement)
    .replaceAll(/(^|[\s,])[\s,]*,[\s,]*/g, replacement === '' ? '$1' : '$&')
    .replaceAll(/[\s,]+$/g, '')
    .replaceAll(/^[\s,]+/g, '');
}
