import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';
import { commentedOut } from '../subject/commented-out.ts';
import { mendedFile } from '../subject/mend-syntax.ts';

export const lineWithoutEquals: Rule = problemRule({
  id: 'line-without-equals',
  level: 'error',
  versions: 'all',
  source: 'postconf(5), "main.cf file format"',
  title: 'A line of main.cf sets nothing',
  why: 'A line that begins in the first column and is no "name = value" keeps every program of Postfix from starting.',
  byHand: {
    because: 'The line cannot be told from the text around it.',
    steps:
      'Open the file at the place that is named, and write the line as "name = value", as a service with eight columns, or as a comment.',
  },
  codes: ['missing-equals', 'missing-name'],
  fix: ({ entry, rewriteEntry }, { configuration }) =>
    mendedFile(configuration, 'main.cf') ?? (entry && [rewriteEntry(commentedOut(entry.text))]),
});
