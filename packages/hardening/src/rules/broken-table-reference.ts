import { problemRule, replaceWord } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const brokenTableReference: Rule = problemRule({
  id: 'broken-table-reference',
  level: 'error',
  versions: 'all',
  source: 'DATABASE_README; dict_open(3) of the source',
  title: 'A lookup table cannot be opened',
  why: 'The program that opens it stops, or answers every lookup with a temporary failure.',
  byHand: {
    because:
      'A path alone gets the default table type; for any other broken reference only its author knows which table is meant and of which type.',
    steps:
      'Write the reference as type:name with a type that `postconf -m` lists, and ask it for something with `postmap -q KEY type:name`.',
  },
  codes: ['bad-table', 'unknown-table-type'],
  fix({ setting, text }) {
    // A path without a type is a table of the default type; what else it may be only its author knows.
    if (!setting || !text.startsWith('/')) return undefined;
    const value = replaceWord(setting.raw, text, `${setting.beside('default_database_type').value}:${text}`);
    return value === undefined ? undefined : [setting.set(value)];
  },
});
