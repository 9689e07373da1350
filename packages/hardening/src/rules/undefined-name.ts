import { problemRule, replaceWord, suggestionIn } from '../knowledge/problem-rule.ts';
import type { Rule } from '../rule.ts';

export const undefinedName: Rule = problemRule({
  id: 'undefined-name',
  level: 'warning',
  versions: 'all',
  source: 'postconf(1), "undefined parameter"',
  title: 'A value refers to a parameter that is nowhere set',
  why: 'It is empty there: a list lacks what it should hold.',
  byHand: {
    because:
      'The name is a part of a longer value, such as a path: without it the value is wrong too, and what it should be is not in the files.',
    steps:
      'Set the parameter in main.cf, or write its value where it is used. A template that was never filled in has to be filled in.',
  },
  codes: ['undefined-parameter'],
  // One finding stands for the name, wherever it is used.
  fix({ setting, message, text }, subject) {
    if (!setting) return undefined;
    const name = /"([^"]+)"/.exec(message)?.[1] ?? text;
    const meant = suggestionIn(message);
    const edits = subject
      .writtenSettings()
      .filter(({ raw }) => refersTo(raw, name))
      .map((use) => {
        const value = meant === undefined ? withoutReference(use.raw, name) : renamed(use.raw, name, meant);
        if (refersTo(value, name)) return undefined;
        return value === '' && use.origin === 'main' ? use.unset() : use.set(value);
      });
    const whole = edits.filter((edit) => edit !== undefined);
    return whole.length === edits.length && edits.length > 0 ? whole : undefined;
  },
});

function references(name: string): RegExp {
  return new RegExp(`\\$(?:${name}\\b|\\{${name}\\}|\\(${name}\\))`, 'g');
}

function refersTo(value: string, name: string): boolean {
  return references(name).test(value);
}

function renamed(value: string, name: string, meant: string): string {
  return value.replaceAll(references(name), () => `$${meant}`);
}

/** Empty is what it is already: an entry that is nothing but the name can go, and a part of a path cannot. */
function withoutReference(value: string, name: string): string {
  return [`$${name}`, `\${${name}}`, `$(${name})`].reduce(
    (rest, reference) => replaceWord(rest, reference, '') ?? rest,
    value,
  );
}
