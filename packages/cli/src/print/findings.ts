import type { Finding, Level } from '@postern/plan';
import { paint, type Io } from '../io.ts';
import { visible } from './visible.ts';

const colors = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/**
 * Findings as a person reads them, by file:
 *
 *     main.cf
 *       46:5   error    zen.spamhaus.org is asked without a reply filter   dnsbl-without-filter
 */
export function printFindings(io: Io, findings: readonly Finding[]): void {
  const files = Map.groupBy(findings, ({ at }) => at?.file ?? 'the whole configuration');
  for (const [file, group] of files) {
    io.out(`${paint(io, 'bold', file)}\n`);
    for (const { at, level, message, rule } of group) {
      const place = (at ? `${at.line}:${at.column}` : '').padEnd(7);
      io.out(
        `  ${place} ${paint(io, colors[level], level.padEnd(7))} ${visible(message)}  ${paint(io, 'dim', rule)}\n`,
      );
    }
    io.out('\n');
  }
}

/** For example `12 findings: 3 errors, 7 warnings, 2 notes`, or `no findings`. */
export function countFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'no findings';
  const counts = (['error', 'warning', 'note'] satisfies Level[])
    .map((level) => ({ level, count: findings.filter((finding) => finding.level === level).length }))
    .filter(({ count }) => count > 0)
    .map(({ level, count }) => plural(count, level));
  return `${plural(findings.length, 'finding')}: ${counts.join(', ')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
