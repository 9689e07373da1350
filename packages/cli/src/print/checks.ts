import type { Check } from '@postern/deliverability';
import { paint, type Io } from '../io.ts';
import { visible } from './visible.ts';

const looks = {
  pass: { word: 'ok', color: 'green' },
  info: { word: 'note', color: 'cyan' },
  warning: { word: 'warning', color: 'yellow' },
  fail: { word: 'fail', color: 'red' },
  unknown: { word: 'unknown', color: 'magenta' },
} as const;

/** A check as far as it is printed. */
type PrintedCheck = Pick<Check, 'status' | 'message' | 'advice'> & { readonly topic: string };

/**
 * Checks as a person reads them, by topic:
 *
 *     dmarc
 *       ok       example.com has a DMARC record.
 *       warning  The policy is none: receivers are asked for reports only, and forged mail goes through.
 *                When the reports show that all your own mail passes, publish p=quarantine, then p=reject.
 */
export function printChecks(io: Io, checks: readonly PrintedCheck[]): void {
  for (const [topic, group] of Map.groupBy(checks, (check) => check.topic)) {
    io.out(`${paint(io, 'bold', topic)}\n`);
    for (const { status, message, advice } of group) {
      const { word, color } = looks[status];
      io.out(`  ${paint(io, color, word.padEnd(8))} ${visible(message)}\n`);
      if (advice !== undefined) io.out(`           ${paint(io, 'dim', visible(advice))}\n`);
    }
  }
}

/** For example `12 ok, 3 warnings, 1 fail, 2 unknown`. */
export function countChecks(checks: readonly Pick<Check, 'status'>[]): string {
  const count = (status: Check['status']): number => checks.filter((check) => check.status === status).length;
  const warnings = count('warning');
  return [
    `${count('pass')} ok`,
    `${warnings} warning${warnings === 1 ? '' : 's'}`,
    `${count('fail')} fail`,
    `${count('unknown')} unknown`,
  ].join(', ');
}
