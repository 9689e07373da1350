import type { Rule } from '../rule.ts';
import { rules } from '../rules/index.ts';

/** Defects whose cure would take something away that only the operator can judge, or is a guess at what was meant. */
const leftToTheOperator: ReadonlySet<string> = new Set([
  'broken-expansion',
  'broken-table-reference',
  'duplicate-service',
  'indented-first-line',
  'line-without-equals',
  'no-final-newline',
  'read-only-parameter',
  'service-column-invalid',
  'service-without-columns',
  'strangers-refused',
  'stray-characters',
  'undefined-name',
  'unknown-restriction',
  'unreachable-restriction',
  'unused-parameter',
  'value-of-wrong-type',
]);

/** The rules whose fixes a profile applies. */
export const mendedRules: readonly Rule[] = rules.filter(({ id }) => !leftToTheOperator.has(id));
