import type { FoundProblem } from '../subject/found-problem.ts';
import type { FoundRestriction, Subject } from '../subject/subject.ts';

/** The entry of a list that a problem is about: it begins there, or its argument does. */
export function entryAt({ at, text }: FoundProblem, subject: Subject): FoundRestriction | undefined {
  for (const list of subject.lists) {
    const item = list.items.findLast(
      (each) =>
        each.at?.file === at.file &&
        each.at.line <= at.line &&
        (each.at.line < at.line || each.at.column <= at.column) &&
        each.text.includes(text),
    );
    if (item) return { list, item };
  }
  return undefined;
}
