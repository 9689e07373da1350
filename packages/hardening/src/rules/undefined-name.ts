import { problemRule, suggestionIn } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const undefinedName: Rule = problemRule({
  id: 'undefined-name',
  level: 'warning',
  versions: 'all',
  source: 'postconf(1), "undefined parameter"',
  title: 'A value refers to a parameter that is nowhere set',
  why: 'It is empty there: a list lacks what it should hold.',
  codes: ['undefined-parameter'],
  fix({ setting, message, text }) {
    if (!setting) return undefined;
    const name = /"([^"]+)"/.exec(message)?.[1] ?? text;
    const meant = suggestionIn(message);
    // Empty is what it is already; only a plain $name can be taken out of the text.
    const value = setting.raw
      .replaceAll(new RegExp(`\\$(?:${name}\\b|\\{${name}\\}|\\(${name}\\))`, 'g'), () =>
        meant === undefined ? '' : `$${meant}`,
      )
      .replaceAll(/^[\s,]+|[\s,]+$/g, '');
    if (value === setting.raw) return undefined;
    return [value === '' && setting.origin === 'main' ? setting.unset() : setting.set(value)];
  },
});
