import { restriction } from '@postern/config';
import { entryAt } from '../knowledge/list-entry.ts';
import { problemRule, replaceWord } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const newerSyntax: Rule = problemRule({
  id: 'newer-syntax',
  level: 'error',
  versions: 'all',
  source: 'postconf(5), "available in Postfix version"; RELEASE_NOTES',
  title: 'This Postfix does not read the value yet',
  why: 'A value, a table type or a restriction of a later release is an error to this one, or means something else.',
  byHand: {
    because:
      'A comparison, a table type or an old name with a successor has no counterpart in this release that says the same.',
    steps:
      'Write out the result of the comparison, use a table type that `postconf -m` lists, or upgrade Postfix; for an old name see obsolete-restriction.',
  },
  codes: [
    'macro-needs-version',
    'word-not-in-version',
    'table-type-not-in-version',
    'restriction-not-in-version',
    'service-type-not-in-version',
  ],
  fix(found, subject) {
    const { code, setting, text } = found;
    if (code === 'restriction-not-in-version') {
      // An old name has a successor: obsolete-restriction puts it there.
      if (restriction(text.toLowerCase())?.deprecated) return undefined;
      const entry = entryAt(found, subject);
      return entry?.list.edit((draft) => draft.remove(entry.item));
    }
    if (code === 'service-type-not-in-version' && found.service) {
      const { name, type } = found.service.service;
      return [{ type: 'remove-service', name, serviceType: type }];
    }
    if (!setting) return undefined;
    if (code === 'word-not-in-version') {
      const without = replaceWord(setting.raw, text, '');
      return without === undefined || without === '' ? [setting.unset()] : [setting.set(without)];
    }
    if (code !== 'macro-needs-version') return undefined;
    // The same in the words of before 3.0; a comparison has none.
    const value = setting.raw.replaceAll(
      /\$\{(\w+)([?:])\{([^{}]*)\}(?::\{([^{}]*)\})?\}/g,
      (_, name: string, test: string, one: string, other: string | undefined) =>
        `\${${name}${test}${one}}${other === undefined ? '' : `\${${name}:${other}}`}`,
    );
    return value === setting.raw ? undefined : [setting.set(value)];
  },
});
