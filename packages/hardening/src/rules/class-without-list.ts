import { problemRule, replaceWord } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const classWithoutList: Rule = problemRule({
  id: 'class-without-list',
  level: 'error',
  versions: 'all',
  source: 'postconf(5) smtpd_restriction_classes; RESTRICTION_CLASS_README',
  title: 'A restriction class has no restrictions',
  why: 'smtpd_restriction_classes names it, and no parameter of that name says what it does: smtpd does not start.',
  byHand: {
    because:
      'The class is named in an entry that does not count, or in one that comes out of another parameter.',
    steps:
      'Set a parameter with the name of the class to what it should do, or take the name out of smtpd_restriction_classes and out of every list.',
  },
  codes: ['class-without-list'],
  fix({ setting, message }, { lists }) {
    const name = /class "([^"]+)"/.exec(message)?.[1];
    if (!setting || name === undefined) return undefined;
    const value = replaceWord(setting.raw, name, '');
    if (value === undefined) return undefined;
    // Where a list still called it, it would be an unknown restriction.
    const uses = lists.flatMap((list) =>
      list.has(name)
        ? (list.edit((draft) => list.named(name).forEach((item) => draft.remove(item))) ?? [])
        : [],
    );
    return [value === '' ? setting.unset() : setting.set(value), ...uses];
  },
});
