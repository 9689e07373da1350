import { shadowedEntry } from '../knowledge/shadowed-entry.ts';
import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const commentInValue: Rule = problemRule({
  id: 'comment-in-value',
  level: 'warning',
  versions: 'all',
  source: 'postconf(5), "main.cf file format"',
  title: 'A comment has become a part of a value',
  why: 'In main.cf a # is a comment only at the start of a line; after a value it belongs to the value.',
  byHand: shadowedEntry,
  codes: ['comment-in-value'],
  fix({ setting }) {
    const value = setting && /^(.*?)\s+#/s.exec(setting.raw)?.[1];
    return setting && value !== undefined ? [setting.set(value)] : undefined;
  },
});
