import type { Lookup, TableProblem } from './table.ts';
import { absent } from './table.ts';
import { logicalLines } from './logical-lines.ts';

/** One rule of a table that is read from its top: the first that matches decides. */
export type Rule<Condition> =
  | { readonly type: 'match'; readonly when: Condition; readonly value: string; readonly line: number }
  | {
      readonly type: 'if';
      readonly when: Condition;
      readonly line: number;
      /** Index of the endif, if there is one. */
      end?: number;
    }
  | { readonly type: 'endif' };

type Match<Condition> = Extract<Rule<Condition>, { type: 'match' }>;

/** A condition and the text that follows it, or what is wrong with the line. */
export type Read<Condition> = { readonly when: Condition; readonly rest: string } | string;

/** How one kind of table reads its lines. */
export interface RuleGrammar<Condition> {
  /** Reads a rule, or what stands behind `if`. */
  read(text: string, behindIf: boolean): Read<Condition>;
  /** What is wrong with the result of a rule, if anything. */
  refuse(when: Condition, value: string): string | undefined;
}

/**
 * Reads the rules of a table of networks or patterns, with what they share:
 *
 *     if CONDITION         the lines up to its endif are looked at only where it holds
 *     CONDITION  result    continued by lines that begin with white space
 *     endif
 */
export function readRules<Condition>(
  file: string,
  text: string,
  grammar: RuleGrammar<Condition>,
): { readonly rules: readonly Rule<Condition>[]; readonly problems: readonly TableProblem[] } {
  const rules: Rule<Condition>[] = [];
  const problems: TableProblem[] = [];
  const open: Extract<Rule<Condition>, { type: 'if' }>[] = [];
  for (const { text: entry, line } of logicalLines(text)) {
    const report = (message: string): void => void problems.push({ file, line, message });
    if (/^endif(?![A-Za-z0-9])/i.test(entry)) {
      const start = open.pop();
      if (start) {
        start.end = rules.length;
        rules.push({ type: 'endif' });
      } else {
        report('endif without if: it is ignored');
      }
      continue;
    }
    const condition = /^if(?![A-Za-z0-9])\s*(.*)$/is.exec(entry);
    const read = grammar.read(condition ? condition[1]! : entry, condition !== null);
    if (typeof read === 'string') {
      report(`${read}: this rule is skipped`);
    } else if (condition) {
      if (read.rest !== '') report(`text after the if statement is ignored: ${JSON.stringify(read.rest)}`);
      const rule: Extract<Rule<Condition>, { type: 'if' }> = { type: 'if', when: read.when, line };
      open.push(rule);
      rules.push(rule);
    } else {
      const wrong = grammar.refuse(read.when, read.rest);
      if (wrong !== undefined) report(`${wrong}: this rule is skipped`);
      else rules.push({ type: 'match', when: read.when, value: read.rest, line });
    }
  }
  for (const { line } of open) problems.push({ file, line, message: 'if without endif' });
  return { rules, problems };
}

/**
 * The first rule that holds.
 *
 * @param holds  whether a condition holds, or why that cannot be known
 * @param found  the answer of a rule that holds
 * @param row    at the first of several rules that are looked up at once: the one that holds, and where they end
 */
export function firstMatch<Condition>(
  rules: readonly Rule<Condition>[],
  holds: (rule: Exclude<Rule<Condition>, { type: 'endif' }>) => boolean | Lookup,
  found: (rule: Match<Condition>) => Lookup,
  row?: (index: number) => { readonly end: number; readonly match: Match<Condition> | undefined } | undefined,
): Lookup {
  for (let index = 0; index < rules.length; index++) {
    const several = row?.(index);
    if (several?.match) return found(several.match);
    if (several) {
      index = several.end - 1;
      continue;
    }
    const rule = rules[index]!;
    if (rule.type === 'endif') continue;
    const outcome = holds(rule);
    if (typeof outcome === 'object') return outcome;
    if (outcome && rule.type === 'match') return found(rule);
    if (outcome || rule.type === 'match') continue;
    if (rule.end === undefined) return absent;
    index = rule.end;
  }
  return absent;
}
