import { logicalLines } from './logical-lines.ts';
import { addressBytes, networkContains, parseNetwork, type Network } from './network.ts';
import { absent, type Lookup, type Table, type TableProblem } from './table.ts';

type Rule =
  | {
      readonly type: 'match';
      readonly network: Network;
      readonly negated: boolean;
      readonly value: string;
      readonly line: number;
    }
  | {
      readonly type: 'if';
      readonly network: Network;
      readonly negated: boolean;
      /** Index of the endif, if there is one. */ end?: number;
    }
  | { readonly type: 'endif' };

/**
 * A CIDR table (cidr_table(5)): the first rule that matches decides.
 *
 *     if 192.0.2.0/24        since Postfix 3.2
 *     !192.0.2.128/25  OK    since Postfix 3.2
 *     endif
 *     2001:db8::/32    REJECT
 */
export function cidrTable(name: string, file: string, text: string): Table {
  const rules: Rule[] = [];
  const problems: TableProblem[] = [];
  const open: number[] = [];
  for (const { text: entry, line } of logicalLines(text)) {
    const report = (message: string): void => void problems.push({ file, line, message });
    if (/^endif(?![A-Za-z0-9])/i.test(entry)) {
      const start = open.pop();
      if (start === undefined) {
        report('endif without if');
        continue;
      }
      (rules[start] as Extract<Rule, { type: 'if' }>).end = rules.length;
      rules.push({ type: 'endif' });
      continue;
    }
    const condition = /^if(?![A-Za-z0-9])\s*(.*)$/is.exec(entry);
    const parsed = parsePattern(condition ? condition[1]! : entry);
    if (typeof parsed === 'string') {
      report(`${parsed}: this rule is skipped`);
    } else if (condition) {
      if (parsed.rest !== '')
        report(`text after the if statement is ignored: ${JSON.stringify(parsed.rest)}`);
      open.push(rules.length);
      rules.push({ type: 'if', network: parsed.network, negated: parsed.negated });
    } else if (parsed.rest === '') {
      report('no lookup result: this rule is skipped');
    } else {
      rules.push({
        type: 'match',
        network: parsed.network,
        negated: parsed.negated,
        value: parsed.rest,
        line,
      });
    }
  }
  for (const _ of open) problems.push({ file, line: 0, message: 'if without endif' });

  return {
    name,
    fixed: false,
    problems,
    lookup(key): Lookup {
      const address = addressBytes(key);
      if (!address) return absent;
      for (let index = 0; index < rules.length; index++) {
        const rule = rules[index]!;
        if (rule.type === 'endif' || !matches(rule, address)) {
          if (rule.type !== 'if') continue;
          if (rule.end === undefined) return absent;
          index = rule.end;
        } else if (rule.type === 'match') {
          return { status: 'found', value: rule.value, at: { file, line: rule.line } };
        }
      }
      return absent;
    },
  };
}

/** A negated pattern, too, says nothing of addresses of the other family (cidr_match(3)). */
function matches(
  { network, negated }: { network: Network; negated: boolean },
  address: readonly number[],
): boolean {
  return address.length === network.bytes.length && networkContains(network, address) !== negated;
}

function parsePattern(text: string): { network: Network; negated: boolean; rest: string } | string {
  let at = 0;
  let negated = false;
  while (at < text.length && (text[at] === '!' || /\s/.test(text[at]!))) {
    if (text[at] === '!') negated = !negated;
    at++;
  }
  const match = /^(\S*)\s*(.*)$/s.exec(text.slice(at))!;
  if (match[1] === '') return 'no address pattern';
  const network = parseNetwork(match[1]!);
  return typeof network === 'string' ? network : { network, negated, rest: match[2]! };
}
