import { problemRule } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

const closing: Readonly<Record<string, string>> = { '{': '}', '(': ')' };

export const brokenExpansion: Rule = problemRule({
  id: 'broken-expansion',
  level: 'error',
  versions: 'all',
  source: 'postconf(5), "main.cf file format"; mac_expand(3) of the source',
  title: 'A $name cannot be expanded',
  why: 'Every program that reads the parameter stops with a fatal error, postconf too.',
  byHand: {
    because:
      'Only a name without its closing brace, and a $ that stands alone, can be mended without guessing what the expression is to say.',
    steps:
      'Read the expression against "main.cf file format" in postconf(5): every brace closed, no parameter that refers to itself, a comparison with two values. `postconf -x NAME` shows what comes out.',
  },
  codes: [
    'macro-unclosed',
    'macro-empty-name',
    'macro-bad-name',
    'macro-bad-expression',
    'macro-bad-level',
    'macro-recursion',
    'macro-nesting',
    'macro-too-long',
    'not-all-checked',
  ],
  fix({ code, setting }) {
    if (!setting) return undefined;
    const { raw } = setting;
    // `${name` without its end; what else could be meant is a guess.
    const open = /^(.*\$([({])\w+)(?=$|[\s,])/s.exec(raw);
    if (code === 'macro-unclosed' && open)
      return [setting.set(open[1]! + closing[open[2]!]! + raw.slice(open[1]!.length))];
    const lone = raw.replaceAll(/\$(?![\w({$])/g, '$$$$');
    if (code === 'macro-empty-name' && lone !== raw) return [setting.set(lone)];
    return undefined;
  },
});
