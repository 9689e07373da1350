import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';
import { commentedOut } from '../subject/commented-out.ts';
import { mendedFile } from '../subject/mend-syntax.ts';

export const serviceWithoutColumns: Rule = problemRule({
  id: 'service-without-columns',
  level: 'error',
  versions: 'all',
  source: 'master(5)',
  title: 'A line of master.cf is no service',
  why: 'A service has eight columns. A continuation that begins in the first column is read as a service with too few, and Postfix does not start.',
  byHand: {
    because: 'The line cannot be told from the text around it.',
    steps:
      'Open the file at the place that is named, and write the line as "name = value", as a service with eight columns, or as a comment.',
  },
  codes: ['too-few-fields', 'unknown-service-type'],
  fix: ({ entry, rewriteEntry }, { configuration }) =>
    mendedFile(configuration, 'master.cf') ?? (entry && [rewriteEntry(commentedOut(entry.text))]),
});
