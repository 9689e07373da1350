import { shadowedEntry } from '../knowledge/shadowed-entry.ts';
import { problemRule, suggestionIn } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const unusedParameter: Rule = problemRule({
  id: 'unused-parameter',
  level: 'warning',
  versions: 'all',
  source: 'postconf(1), "unused parameter"',
  title: 'Nothing reads a parameter',
  why: 'A misspelt name does nothing, and the default holds where somebody thought to have set it.',
  byHand: shadowedEntry,
  codes: ['unused-parameter'],
  // Services read settings of their own, and refer to others: without master.cf only a misspelt name is told from them.
  confidence({ message }, { services }) {
    if (services.length > 0) return 'certain';
    return suggestionIn(message) === undefined ? false : 'likely';
  },
  fix({ setting, message }) {
    if (!setting) return undefined;
    // The one that is like a transport may be another transport, such as lmtp and smtp.
    const meant = message.includes(': no service ') ? undefined : suggestionIn(message);
    const taken = meant === undefined || setting.beside(meant).origin !== 'default';
    return [...(taken ? [] : [setting.setBeside(meant, setting.raw)]), setting.unset()];
  },
});
