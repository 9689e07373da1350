import { findRecord, lookUp, type PolicyOptions } from '../authorise/record-lookup.ts';
import { fixedTarget } from '../authorise/term-addresses.ts';
import { parseSpf, type SpfRecord } from '../syntax/record.ts';
import type { Range } from '../syntax/problem.ts';
import type { Mechanism, Modifier } from '../syntax/term.ts';

/** What a term costs on the worst path: the one on which nothing matches. */
export interface TermBudget {
  readonly domain: string;
  readonly term: string;
  /** In the record of `domain`. */
  readonly range: Range;
  /** Lookups of the term, those of the record it leads to included. */
  readonly lookups: number;
  /** Void lookups of the term and below it, for a client of each family. */
  readonly void: { readonly ip4: number; readonly ip6: number };
  /** The terms of the record it leads to. */
  readonly inner: readonly TermBudget[];
  /** Why the figures may be too low: macros, no resolver, DNS failures. */
  readonly unknown?: string;
  /** What is wrong with where the term leads to. */
  readonly trouble?: BudgetTrouble;
}

export interface BudgetTrouble {
  readonly rule:
    | 'target-without-record'
    | 'broken-target'
    | 'include-loop'
    | 'mx-limit'
    | 'passes-everybody'
    | 'dead-term';
  readonly message: string;
  readonly advice: string;
}

/** What a whole record costs on its worst path. */
export interface SpfBudget {
  readonly lookups: number;
  readonly void: { readonly ip4: number; readonly ip6: number };
  readonly terms: readonly TermBudget[];
  /** False where macros, missing answers or a missing resolver keep a term's cost from being known. */
  readonly complete: boolean;
}

type Cost = Omit<TermBudget, 'domain' | 'term' | 'range'>;

const free: Cost = { lookups: 0, void: { ip4: 0, ip6: 0 }, inner: [] };

/** Twice what a check may follow: deep enough to show by how much a record is too expensive. */
const deepest = 20;

/** Adds up what every term costs; includes and redirects are followed where there is a resolver. */
export async function readBudget(
  record: SpfRecord,
  domain: string,
  options: PolicyOptions | undefined,
  path: readonly string[] = [],
): Promise<SpfBudget> {
  const terms: TermBudget[] = [];
  const all = record.terms.find((term) => term.type === 'mechanism' && term.name === 'all');
  for (const term of record.terms) {
    const { text, range } = term;
    const past = all !== undefined && range.start > all.range.start;
    let cost: Cost | undefined;
    if (term.type === 'mechanism' && !past) cost = await mechanismCost(term, domain, options, path);
    else if (term.type === 'modifier' && term.name === 'redirect' && !all) {
      cost = await recordCost(term, term.value, domain, options, path);
    }
    if (cost) terms.push({ domain, term: text, range, ...cost });
  }
  return total(terms);
}

function total(terms: readonly TermBudget[]): SpfBudget {
  return {
    lookups: sum(terms, (term) => term.lookups),
    void: { ip4: sum(terms, (term) => term.void.ip4), ip6: sum(terms, (term) => term.void.ip6) },
    terms,
    complete: terms.every(isKnown),
  };
}

function isKnown(term: TermBudget): boolean {
  return term.unknown === undefined && term.inner.every(isKnown);
}

async function mechanismCost(
  term: Mechanism,
  domain: string,
  options: PolicyOptions | undefined,
  path: readonly string[],
): Promise<Cost> {
  if (term.name === 'all' || 'address' in term) return free;
  if (term.name === 'include') return recordCost(term, term.domain, domain, options, path);
  const ptrMacro = term.domain?.parts.some((part) => part.type === 'expand' && part.letter === 'p') ? 1 : 0;
  const one: Cost = { ...free, lookups: 1 + ptrMacro };
  if (term.name === 'ptr') return { ...one, unknown: 'it depends on the client’s own name' };
  const target = fixedTarget(term.domain, domain);
  if (target === null) return { ...one, unknown: 'its macros depend on the client' };
  if (target === undefined) return { ...free, trouble: deadTerm(term.text) };
  if (!options) return { ...one, unknown: 'DNS was not asked' };
  if (target === '') return { ...one, unknown: 'the domain is not known' };
  return term.name === 'mx' ? mxCost(one, target, options) : hostCost(one, term.name, target, options);
}

async function mxCost(one: Cost, target: string, options: PolicyOptions): Promise<Cost> {
  const answer = await lookUp(target, 'MX', options);
  if (answer.status === 'failed') return { ...one, unknown: `DNS failed for ${target} MX: ${answer.reason}` };
  if (answer.status !== 'found') return { ...one, void: { ip4: 1, ip6: 1 } };
  const hosts = answer.records.filter(({ exchange }) => exchange !== '' && exchange !== '.');
  if (hosts.length <= 10) return one;
  return {
    ...one,
    trouble: {
      rule: 'mx-limit',
      message: `${target} has ${hosts.length} MX hosts, and a check looks at ten`,
      advice: 'Name the sending networks with ip4 and ip6.',
    },
  };
}

async function hostCost(
  one: Cost,
  name: 'a' | 'exists',
  target: string,
  options: PolicyOptions,
): Promise<Cost> {
  const [ip4, ip6] = await Promise.all([
    lookUp(target, 'A', options),
    name === 'a' ? lookUp(target, 'AAAA', options) : undefined,
  ]);
  const failed = [ip4, ip6].find((answer) => answer?.status === 'failed');
  if (failed?.status === 'failed') return { ...one, unknown: `DNS failed for ${target}: ${failed.reason}` };
  const void4 = ip4.status === 'found' ? 0 : 1;
  const void6 = ip6 ? (ip6.status === 'found' ? 0 : 1) : void4;
  return { ...one, void: { ip4: void4, ip6: void6 } };
}

/** An include or a redirect: itself, and the record it leads to. */
async function recordCost(
  term: Mechanism | Modifier,
  spec: Modifier['value'],
  domain: string,
  options: PolicyOptions | undefined,
  path: readonly string[],
): Promise<Cost> {
  const one: Cost = { ...free, lookups: 1 };
  const target = fixedTarget(spec, domain);
  if (target === null) return { ...one, unknown: 'its macros depend on the client' };
  if (target === undefined) return { ...one, trouble: { ...deadTerm(term.text), rule: 'broken-target' } };
  if (!options) return { ...one, unknown: 'DNS was not asked' };
  if (target === domain || path.includes(target)) {
    return {
      ...one,
      // Going round never ends, so no number of lookups is enough.
      lookups: Infinity,
      trouble: {
        rule: 'include-loop',
        message: `"${term.text}" leads back to ${target}`,
        advice: 'Remove the term that closes the circle.',
      },
    };
  }
  if (path.length >= deepest) return { ...one, unknown: `records lead to records more than ${deepest} deep` };
  const found = await findRecord(target, options);
  if (found.status === 'failed') return { ...one, unknown: `DNS failed for ${target} TXT: ${found.reason}` };
  if (found.status !== 'found') {
    const has = found.status === 'none' ? 'no SPF record' : 'more than one SPF record';
    return {
      ...one,
      trouble: {
        rule: 'target-without-record',
        message: `${target} has ${has}: every check ends in permerror here`,
        advice: `Remove "${term.text}" or mend ${target}.`,
      },
    };
  }
  const record = parseSpf(found.text);
  const [problem] = record.problems;
  if (problem) {
    return {
      ...one,
      trouble: {
        rule: 'broken-target',
        message: `the record of ${target} is invalid: ${problem.message}`,
        advice: `Tell whoever runs ${target}, or remove "${term.text}".`,
      },
    };
  }
  const inner = await readBudget(record, target, options, [...path, domain]);
  const passesAll = record.terms.some(
    (inside) => inside.type === 'mechanism' && inside.name === 'all' && inside.qualifier === '+',
  );
  return {
    lookups: 1 + inner.lookups,
    void: inner.void,
    inner: inner.terms,
    ...(passesAll
      ? {
          trouble: {
            rule: 'passes-everybody' as const,
            message: `the record of ${target} lets every address pass`,
            advice: `Remove "${term.text}": with it anybody may send as you.`,
          },
        }
      : {}),
  };
}

function deadTerm(text: string): BudgetTrouble {
  return {
    rule: 'dead-term',
    message: `"${text}" names nothing DNS can be asked for, so it never matches`,
    advice: 'Labels have 1 to 63 characters; mend the name or remove the term.',
  };
}

function sum(terms: readonly TermBudget[], of: (term: TermBudget) => number): number {
  return terms.reduce((value, term) => value + of(term), 0);
}
