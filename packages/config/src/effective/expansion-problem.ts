import type { MacroProblem } from '../expand/expand.ts';
import { problemAt, type Problem } from '../problem.ts';
import type { Layout } from '../syntax/layout.ts';
import type { Setting } from './settings.ts';

const advice: Readonly<Record<MacroProblem['code'], string>> = {
  'macro-unclosed': 'Close the bracket; write "$$" for a dollar sign that is meant as one.',
  'macro-empty-name': 'Write a name behind the "$", or "$$" for a dollar sign that is meant as one.',
  'macro-bad-name': 'A name is of letters, digits and "_"; behind it comes "}", "?" or ":".',
  'macro-bad-expression': 'Write ${name?{text}:{text}} or ${{left} == {right} ? {text} : {text}}.',
  'macro-bad-level': 'A compatibility level is written as 3, 3.6 or 3.6.1.',
  'macro-needs-version': 'Write it in the older form, or upgrade Postfix.',
  'macro-recursion': 'Give one of these parameters a value that does not lead back to it.',
  'macro-nesting': 'Take the expression apart.',
  'macro-too-long': 'Find the parameter that repeats another over and over.',
};

/**
 * A fault of expansion, placed where it is: in the setting that was expanded, or in the parameter that its
 * expansion led to, when the files set that one.
 */
export function expansionProblem(
  problem: MacroProblem,
  level: Problem['level'],
  setting: Setting,
  settingOf: (name: string) => Setting | undefined,
  layoutFor: (setting: Setting) => Layout,
): Problem | undefined {
  const inner = problem.path.at(-1);
  const culprit = inner === undefined ? setting : settingOf(inner);
  const at = culprit?.place ? culprit : setting;
  if (!at.place) return undefined;
  const offset = at === culprit ? problem.offset : 0;
  const end = at === culprit ? Math.min(offset + 1, at.raw.length) : at.raw.length;
  return problemAt(
    layoutFor(at),
    at.place.entry,
    at.origin.type === 'service' ? 'master.cf' : 'main.cf',
    at.place.rangeOf(Math.min(offset, end), end),
    {
      code: problem.code,
      level,
      message:
        at === culprit ? `${at.name}: ${problem.message}` : `${at.name} uses ${inner}: ${problem.message}`,
      advice: advice[problem.code],
    },
  );
}
