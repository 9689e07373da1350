import { parseMain, parseMaster } from '@postern/config';
import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';
import { commentedOut } from '../subject/commented-out.ts';

export const indentedFirstLine: Rule = problemRule({
  id: 'indented-first-line',
  level: 'error',
  versions: 'all',
  source: 'postconf(5), "main.cf file format"; master(5)',
  title: 'The first entry of a file is dropped',
  why: 'A line that begins with white space continues the one above. There is none above the first, so Postfix drops it, with no more than a warning in the log.',
  byHand: {
    because: 'The line cannot be told from the text around it.',
    steps:
      'Open the file at the place that is named, and write the line as "name = value", as a service with eight columns, or as a comment.',
  },
  codes: ['indented-start'],
  fix({ entry, file, rewriteEntry }) {
    if (!entry) return undefined;
    const text = entry.text.replace(/^[^\S\n]+/, '');
    const [first] = file === 'main.cf' ? parseMain(text).entries : parseMaster(text).entries;
    return [rewriteEntry(first?.type === 'stray' ? commentedOut(entry.text) : text)];
  },
});
