import type {
  FlattenedSpf,
  SpfBudget,
  SpfFinding,
  SpfLint,
  SpfMatch,
  SpfResult,
  TermBudget,
} from '@postern/spf';
import { paint, type Io } from '../io.ts';

const verdictColors = {
  pass: 'green',
  fail: 'red',
  softfail: 'yellow',
  neutral: 'yellow',
  none: 'dim',
  temperror: 'magenta',
  permerror: 'red',
} as const;

const outcomeColors = {
  record: 'bold',
  lookup: 'dim',
  match: 'green',
  'no-match': [],
  followed: 'cyan',
  error: 'red',
  'not-reached': 'dim',
} as const;

/** The result of a check in a few lines: who decided, what it cost, what to put into the header. */
export function printSpfResult(io: Io, result: SpfResult): void {
  const { ip, domain, identity, matched, error, lookups, queries, explanation, explainedBy } = result;
  const who = domain || (identity === 'helo' ? result.helo : result.sender);
  io.out(`${paint(io, verdictColors[result.result], result.result)}  ${ip} for ${who} (${identity})\n`);
  if (error)
    io.out(
      `  because ${error.message}${error.term === undefined ? '' : ` at "${error.term}" of ${error.domain}`}\n`,
    );
  else
    io.out(
      `  decided by ${matched ? describeMatch(matched) : 'no term: the record says nothing about the client'}\n`,
    );
  io.out(`  lookups ${lookups} of 10, void ${result.void} of 2, questions ${queries}\n`);
  if (explanation !== null)
    io.out(`  ${explainedBy === 'domain' ? `${who} explains` : 'explanation'}: ${explanation}\n`);
  for (const warning of result.warnings) io.out(`  warning: ${warning}\n`);
  io.out(`  ${result.header}\n`);
}

function describeMatch({ domain, term, inner }: SpfMatch): string {
  const here = `"${term}" of ${domain}`;
  return inner ? `${here}, in it ${describeMatch(inner)}` : here;
}

/** The tree of a check, one term a line. */
export async function printSpfTree(io: Io, result: SpfResult): Promise<void> {
  const { drawTrace } = await import('@postern/spf');
  for (const { text, tells } of drawTrace(result))
    io.out(`${paint(io, [outcomeColors[tells]].flat(), text)}\n`);
}

const levelColors = { error: 'red', warning: 'yellow', note: 'dim' } as const;

/** What is wrong with a record, each with its place, and what every term of it costs. */
export function printSpfLint(io: Io, { domain, record, findings, budget }: SpfLint): void {
  if (record !== null) io.out(`${domain === null ? '' : `${domain}  `}${record}\n`);
  for (const finding of findings)
    printFinding(io, finding, finding.domain === domain || domain === null ? record : null);
  if (budget) printBudget(io, budget);
}

function printFinding(
  io: Io,
  { rule, level, message, advice, range, domain }: SpfFinding,
  record: string | null,
): void {
  const where = record === null && domain !== undefined ? `${domain}: ` : '';
  io.out(`${paint(io, levelColors[level], level)}  ${where}${message} [${rule}]\n`);
  if (record !== null && range && record.length <= 200) {
    io.out(
      `    ${record}\n    ${' '.repeat(range.start)}${'^'.repeat(Math.max(1, range.end - range.start))}\n`,
    );
  }
  io.out(`    ${advice}\n`);
}

function printBudget(io: Io, { lookups, void: voids, terms, complete }: SpfBudget): void {
  const least = complete ? '' : 'at least ';
  const count = lookups === Infinity ? 'endless' : `${least}${lookups}`;
  io.out(`lookups ${count} of 10; void ${voids.ip4} (IPv4 clients), ${voids.ip6} (IPv6 clients) of 2\n`);
  for (const line of budgetLines(terms, '  ')) io.out(`${line}\n`);
}

function* budgetLines(terms: readonly TermBudget[], indent: string): Generator<string> {
  for (const { term, lookups, void: voids, inner, unknown } of terms) {
    const isVoid = voids.ip4 + voids.ip6 > 0 ? `, void ${voids.ip4}/${voids.ip6}` : '';
    const note = unknown === undefined ? '' : ` (${unknown})`;
    yield `${indent}${String(lookups).padStart(2)}  ${term}${isVoid}${note}`;
    yield* budgetLines(inner, `${indent}    `);
  }
}

/** Lines for the zone file on standard output; what was given up on standard error. */
export async function printFlattened(io: Io, { records, lookups, ttl, notes }: FlattenedSpf): Promise<void> {
  const { zoneLine } = await import('@postern/spf');
  for (const { name, text } of records) io.out(`${zoneLine(name, text, ttl ?? 3600)}\n`);
  for (const { code, message } of notes) io.err(`${code}: ${message}\n`);
  if (records.length > 0) {
    const holds = ttl === null ? '' : `; the addresses hold for ${ttl} s, flatten again before that`;
    io.err(
      `${records.length} record${records.length > 1 ? 's' : ''}, ${lookups} lookup${lookups === 1 ? '' : 's'} at most${holds}\n`,
    );
  }
}
