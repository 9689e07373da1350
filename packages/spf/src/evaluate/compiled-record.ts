import { parseIp4, parseIp6, type Words } from '../address/address.ts';
import type { MacroString } from '../syntax/macro.ts';
import type { SpfProblem } from '../syntax/problem.ts';
import { parseSpf } from '../syntax/record.ts';
import type { Mechanism, Modifier, Qualifier } from '../syntax/term.ts';
import { targetName } from './domain.ts';
import type { SpfTermTrace, SpfVerdict } from './trace.ts';

/** A record made ready for many clients: numbers in place of texts, and the traces that never vary. */
export interface CompiledRecord {
  readonly text: string;
  /** The first problem; such a record is a permerror before any term is looked at. */
  readonly problem: SpfProblem | null;
  readonly steps: readonly Step[];
  /** Null also where the record has an `all`, which makes a redirect mean nothing (RFC 7208 section 6.1). */
  readonly redirect: RedirectStep | null;
  readonly explanation: Target | null;
}

/** One mechanism. All steps have one shape, so that the loop over them stays fast. */
export interface Step {
  readonly kind: Mechanism['name'];
  readonly verdict: SpfVerdict;
  readonly target: Target | null;
  readonly ip4: number;
  readonly ip6: Words;
  readonly prefix4: number;
  readonly prefix6: number;
  readonly term: string;
  readonly matched: SpfTermTrace;
  readonly missed: SpfTermTrace;
  readonly notReached: SpfTermTrace;
}

export interface RedirectStep {
  readonly term: string;
  readonly target: Target;
  readonly notReached: SpfTermTrace;
}

/** A domain-spec: its name where it has no macros, and what its macros need. */
export interface Target {
  readonly macro: MacroString;
  /** The name to ask for; null where macros decide, undefined where no name can come of it. */
  readonly name: string | null | undefined;
  /** It uses %{s} or %{l}: the local part of the sender had a say. */
  readonly usesLocalPart: boolean;
  /** It uses %{p}, which costs a PTR lookup. */
  readonly usesPtrName: boolean;
}

const verdicts: Readonly<Record<Qualifier, SpfVerdict>> = {
  '+': 'pass',
  '-': 'fail',
  '~': 'softfail',
  '?': 'neutral',
};

/** Records kept ready, by text: two generations of this many, so that the oldest leave without a list of uses. */
const generation = 1000;
/** Longer records are read again each time; a hostile one must not fill the memory. */
const longestKept = 2048;
let young = new Map<string, CompiledRecord>();
let old = new Map<string, CompiledRecord>();

/** The record of this text, ready to evaluate; read once and then kept. */
export function compiledRecord(text: string): CompiledRecord {
  let record = young.get(text);
  if (record) return record;
  record = old.get(text) ?? compile(text);
  if (text.length <= longestKept) {
    if (young.size >= generation) [old, young] = [young, new Map()];
    young.set(text, record);
  }
  return record;
}

/** Forgets all records that are kept ready; for measurements that want to start cold. */
export function forgetRecords(): void {
  young.clear();
  old.clear();
}

function compile(text: string): CompiledRecord {
  const { terms, problems } = parseSpf(text);
  const steps: Step[] = [];
  let redirect: RedirectStep | null = null;
  let explanation: Target | null = null;
  if (problems.length === 0) {
    for (const term of terms) {
      if (term.type === 'mechanism') steps.push(toStep(term));
      else if (term.type !== 'modifier') continue;
      else if (term.name === 'redirect') redirect = toRedirect(term);
      else if (term.name === 'exp') explanation = compileTarget(term.value);
    }
    if (steps.some((step) => step.kind === 'all')) redirect = null;
  }
  return { text, problem: problems[0] ?? null, steps, redirect, explanation };
}

function toStep(term: Mechanism): Step {
  const domain = 'domain' in term ? term.domain : undefined;
  const isAddress = term.name === 'ip4' || term.name === 'ip6';
  const isHost = term.name === 'a' || term.name === 'mx';
  return {
    kind: term.name,
    verdict: verdicts[term.qualifier],
    target: domain ? compileTarget(domain) : null,
    ip4: term.name === 'ip4' ? parseIp4(term.address) : 0,
    ip6: (term.name === 'ip6' && parseIp6(term.address)) || [0, 0, 0, 0],
    prefix4: (isAddress ? term.prefix : isHost ? term.prefix4 : undefined) ?? 32,
    prefix6: (isAddress ? term.prefix : isHost ? term.prefix6 : undefined) ?? 128,
    term: term.text,
    matched: plainTrace(term.text, 'match'),
    missed: plainTrace(term.text, 'no-match'),
    notReached: plainTrace(term.text, 'not-reached'),
  };
}

function toRedirect(term: Modifier): RedirectStep {
  return {
    term: term.text,
    target: compileTarget(term.value),
    notReached: plainTrace(term.text, 'not-reached'),
  };
}

const noLookups: readonly never[] = Object.freeze([]);

/** The trace of a term that asked nothing. One object stands in the traces of many checks: nobody may change it. */
function plainTrace(term: string, outcome: SpfTermTrace['outcome']): SpfTermTrace {
  return { term, outcome, target: null, counted: 0, void: false, lookups: noLookups, inner: null };
}

/** Makes a domain-spec ready: everything about it that no client changes. */
function compileTarget(macro: MacroString): Target {
  const letters = macro.parts.flatMap((part) => (part.type === 'expand' ? [part.letter] : []));
  const fixed = letters.length === 0;
  const plain = macro.parts.map((part) => (part.type === 'escape' ? part.value : part.text)).join('');
  return {
    macro,
    name: fixed ? targetName(plain) : null,
    usesLocalPart: letters.includes('s') || letters.includes('l'),
    usesPtrName: letters.includes('p'),
  };
}
