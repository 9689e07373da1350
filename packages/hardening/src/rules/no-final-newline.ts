import { printMain } from '@postern/config';
import { defineRule, type Rule } from '../rule.ts';

export const noFinalNewline: Rule = defineRule({
  id: 'no-final-newline',
  level: 'note',
  versions: '<3.7.15 || >=3.8 <3.8.10 || >=3.9 <3.9.4 || >=3.10 <3.10.2',
  source: 'Postfix HISTORY; measured with 3.7.11',
  title: 'main.cf does not end with a line end',
  why: '`postconf -e` of these releases glues what it adds to the last line and destroys both.',
  *check(subject) {
    const text = printMain(subject.main.tree);
    if (text === '' || text.endsWith('\n')) return;
    yield {
      at: subject.placeInMain(text.length),
      message: 'main.cf has no line end at its end',
      fix: [{ type: 'put-file', path: 'main.cf', content: `${text}\n` }],
    };
  },
});
