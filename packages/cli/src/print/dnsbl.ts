import { stripVTControlCharacters } from 'node:util';
import type { CheckResult, DeadList, DnsList, DomainResult, Verdict, ZoneHealth } from '@postern/dnsbl';
import type { Plan } from '@postern/plan';
import { paint, type Io } from '../io.ts';

export type Checked = CheckResult | DomainResult;

const colors = { listed: 'red', allowed: 'green', clean: 'dim', error: 'yellow' } as const;

/** Above so many subjects, only what is not clean is shown. */
const shownInFull = 10;

/**
 * Verdicts by subject:
 *
 *     88.99.100.10: listed on 1 of 3, score 1
 *       zen.spamhaus.org  listed  127.0.0.2  SBL: spam sources and spam operations; https://…
 *       bl.spamcop.net    clean
 *       bl.example.net    error   timeout    no answer in time
 */
export function printChecks(io: Io, results: readonly Checked[]): void {
  for (const result of results) {
    const subject = 'address' in result ? result.address : result.domain;
    if (result.problem) {
      io.out(`${paint(io, 'bold', subject)}: ${paint(io, 'yellow', result.problem.message)}\n`);
      continue;
    }
    const { verdicts, score } = result;
    const rows =
      results.length <= shownInFull ? verdicts : verdicts.filter(({ status }) => status !== 'clean');
    if (results.length > shownInFull && rows.length === 0) continue;
    const count = (status: Verdict['status']): number =>
      verdicts.filter((one) => one.status === status).length;
    const errors = count('error') === 0 ? '' : `, ${count('error')} without a verdict`;
    io.out(
      `${paint(io, 'bold', subject)}: listed on ${count('listed')} of ${verdicts.length}${errors}, score ${score}\n`,
    );
    table(
      io,
      rows.map(({ zone, status, codes, meaning, reason }) => [
        zone,
        paint(io, colors[status], status.padEnd(7)),
        status === 'error' ? reason : codes.join(' '),
        [meaning, status === 'error' ? '' : reason].filter(Boolean).join('; '),
      ]),
    );
  }
  const listed = results.filter(({ verdicts }) => verdicts.some(({ status }) => status === 'listed')).length;
  if (results.length > 1) io.out(`${results.length} checked, ${listed} listed\n`);
}

export function printHealth(io: Io, states: readonly ZoneHealth[]): void {
  table(
    io,
    states.map(({ zone, state, reason, meaning }) => [
      zone,
      paint(io, state === 'healthy' ? 'green' : 'yellow', state.padEnd(15)),
      reason ?? '',
      meaning ?? '',
    ]),
  );
}

export function printLists(io: Io, date: string, lists: readonly DnsList[], dead: readonly DeadList[]): void {
  io.out(`${paint(io, 'bold', `Lists that work (${date})`)}\n`);
  table(
    io,
    lists.map(({ keyed, zone, terms, kind, of, name }) => [
      terms.access === 'key' && keyed !== undefined ? keyed : zone,
      kind,
      of.join(', '),
      terms.access,
      name,
    ]),
  );
  io.out(`${paint(io, 'bold', 'Lists that must not be used any more')}\n`);
  table(
    io,
    dead.map(({ zone, fate, since, instead, name }) => [
      zone,
      fate,
      since ?? '',
      `${name}${instead === undefined ? '' : `; use ${instead}`}`,
    ]),
  );
}

/** The settings of a plan as lines of main.cf, each with its reason, and the files they name. */
export function printSettings(io: Io, { changes }: Plan): void {
  for (const change of changes) {
    if (change.type === 'set-parameter') {
      io.out(`# ${change.because.why}\n${change.name} =\n    ${change.value.replaceAll(', ', ',\n    ')}\n`);
    } else if (change.type === 'put-file') {
      io.out(`# The file ${change.path}:\n${change.content.replaceAll(/^/gm, '#   ').replace(/#\s*$/, '')}`);
    }
  }
}

function table(io: Io, rows: readonly (readonly string[])[]): void {
  // Colour takes no room on the screen.
  const width = (text: string): number => stripVTControlCharacters(text).length;
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => width(row[column]!)))) ?? [];
  for (const row of rows) {
    const cells = row.map((cell, column) => cell + ' '.repeat(widths[column]! - width(cell)));
    io.out(`  ${cells.join('  ').trimEnd()}\n`);
  }
}
