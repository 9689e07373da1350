import type { Subject } from '../subject/subject.ts';

/** The level that a new installation of the version gets; undefined before 3.0, which knows none. */
export function newestLevel(subject: Subject): string | undefined {
  if (subject.satisfies('>=3.11')) return '3.11';
  if (subject.satisfies('>=3.6')) return '3.6';
  return subject.satisfies('>=3.0') ? '2' : undefined;
}

/** Whether a level is below another, as `<level` compares them: number by number, a missing one is 0. */
export function isBelowLevel(level: string, other: string): boolean {
  const [a, b] = [level, other].map((text) => text.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let index = 0; index < 3; index++) {
    const difference = (a![index] ?? 0) - (b![index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
