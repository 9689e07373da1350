import type { Finding } from '@postern/plan';
import type { Configuration } from '../configuration.ts';
import { suppressionsIn } from './comments.ts';
import { complaint } from './complaint.ts';
import { isDay, type Suppression } from './suppression.ts';

/** Findings, apart from those that somebody allows. */
export interface Suppressed {
  /** What is left, and what is wrong with the suppressions themselves (rule `suppression`). */
  readonly findings: readonly Finding[];
  readonly allowed: readonly { readonly finding: Finding; readonly by: Suppression }[];
}

/** What is told besides the configuration. */
export interface SuppressOptions {
  /** From a file; those in the comments of main.cf and master.cf are found here. */
  readonly suppressions?: readonly Suppression[];
  /** The day it is, as `2026-11-23`. */
  readonly today: string;
}

/**
 * Takes out the findings that somebody allows, in a comment or a file. A suppression without a reason or an end, or
 * past its end, allows nothing and is a finding itself; one that nothing is found for is a note.
 *
 * @throws RangeError when `today` is no day
 */
export function suppress(
  findings: readonly Finding[],
  configuration: Configuration,
  { suppressions = [], today }: SuppressOptions,
): Suppressed {
  if (!isDay(today)) throw new RangeError(`today is "${today}", which is no day; write it as 2026-11-23`);
  const all = [...suppressions, ...suppressionsIn(configuration)];
  const complaints = new Map<Suppression, Finding>();
  for (const each of all) {
    const message = faultOf(each, today);
    if (message !== undefined) complaints.set(each, complaint(message, placeOf(each)));
  }
  const used = new Set<Suppression>();
  const allowed: { finding: Finding; by: Suppression }[] = [];
  const left = findings.filter((finding) => {
    const by = all.filter((each) => !complaints.has(each) && speaksOf(each, finding));
    for (const each of by) used.add(each);
    if (by[0]) allowed.push({ finding, by: by[0] });
    return by.length === 0;
  });
  const idle = all
    .filter((each) => !complaints.has(each) && !used.has(each))
    .map((each) =>
      complaint(
        `${each.rule} is allowed here and not found: take the suppression out`,
        placeOf(each),
        'note',
      ),
    );
  return { findings: [...left, ...complaints.values(), ...idle], allowed };
}

function faultOf({ rule, until, because }: Suppression, today: string): string | undefined {
  if (because === undefined || because.trim() === '')
    return `${rule} is allowed without a reason, so it is not: write "because …"`;
  if (until === undefined) return `${rule} is allowed without an end, so it is not: write "until 2027-01-31"`;
  if (!isDay(until)) return `${rule} is allowed until "${until}", which is no day: write it as 2027-01-31`;
  return until < today
    ? `${rule} was allowed until ${until} (${because}): mend it, or allow it anew`
    : undefined;
}

function speaksOf({ rule, file, name, lines }: Suppression, { rule: found, at, message }: Finding): boolean {
  if (rule !== found || (file !== undefined && file !== at?.file)) return false;
  if (lines && (at === undefined || at.line < lines[0] || at.line > lines[1])) return false;
  return name === undefined || message.split(/[^\w-]+/).includes(name);
}

function placeOf({ at, file = 'main.cf' }: Suppression): NonNullable<Finding['at']> {
  return at ?? { file, line: 1, column: 1 };
}
