import { isList } from '../edit/list-kind.ts';
import { wordsOf } from '../edit/list-layout.ts';
import { trimSpace } from '../syntax/source.ts';

/**
 * Whether two values of a parameter mean the same: spacing does not count, nor do commas where the value is a
 * list. The order of a list counts.
 */
export function sameValue(name: string, a: string, b: string): boolean {
  if (a === b) return true;
  if (isList(name)) return sameWords(wordsOf(a), wordsOf(b));
  return spaced(a) === spaced(b);
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, at) => word === b[at]);
}

function spaced(value: string): string {
  return trimSpace(value).replaceAll(/[ \t\n\v\f\r]+/g, ' ');
}
