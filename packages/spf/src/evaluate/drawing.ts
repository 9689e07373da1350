import { withoutControls } from '../syntax/characters.ts';
import type { SpfResult } from './check.ts';
import type { SpfLookup, SpfTermTrace, SpfTrace } from './trace.ts';

/** One line of a drawn trace, and what it tells, for whoever wants to colour it. */
export interface DrawnLine {
  readonly text: string;
  readonly tells: 'record' | 'lookup' | SpfTermTrace['outcome'];
}

/**
 * Draws the trace of a check as a tree: every term with what it came to and cost, every lookup below its term.
 *
 *     example.com  v=spf1 include:_spf.example.net -all
 *     ├─ include:_spf.example.net   match, 1 lookup
 *     │  _spf.example.net  v=spf1 ip4:192.0.2.0/24 -all
 *     │  ├─ ip4:192.0.2.0/24   match
 *     │  └─ -all   not reached
 *     └─ -all   not reached
 */
export function drawTrace({
  trace,
  domain,
  error,
}: Pick<SpfResult, 'trace' | 'domain' | 'error'>): DrawnLine[] {
  if (trace) return [...drawRecord(trace, '')];
  return [{ text: `${domain || 'no domain'}  ${error?.message ?? 'nothing was looked up'}`, tells: 'error' }];
}

function* drawRecord(trace: SpfTrace, indent: string): Generator<DrawnLine> {
  const record =
    trace.record === null ? `(${trace.error?.message ?? 'no SPF record'})` : withoutControls(trace.record);
  yield { text: `${indent}${trace.domain}  ${record}`, tells: trace.record === null ? 'error' : 'record' };
  if (trace.lookup) yield* drawLookups([trace.lookup], indent);
  if (trace.record !== null && trace.error && trace.terms.length === 0) {
    yield { text: `${indent}  ${withoutControls(trace.error.message)}`, tells: 'error' };
  }
  for (const [index, term] of trace.terms.entries()) {
    const last = index === trace.terms.length - 1;
    yield {
      text: `${indent}${last ? '└─' : '├─'} ${withoutControls(term.term)}   ${outcome(term)}`,
      tells: term.outcome,
    };
    const inside = `${indent}${last ? '   ' : '│  '}`;
    yield* drawLookups(term.lookups, inside);
    if (term.inner) yield* drawRecord(term.inner, inside);
  }
  yield* drawLookups(trace.explanation, indent);
}

function* drawLookups(lookups: readonly SpfLookup[], indent: string): Generator<DrawnLine> {
  for (const { name, type, answer, ms } of lookups) {
    const found = answer.status === 'found' ? `${answer.records.length} found` : answer.status;
    const came = answer.status === 'failed' ? `failed: ${answer.reason}` : found;
    const took = ms === 0 ? '' : `, ${ms.toFixed(1)} ms`;
    yield { text: `${indent}  ? ${withoutControls(name)} ${type}  ${came}${took}`, tells: 'lookup' };
  }
}

function outcome({ outcome: came, counted, void: isVoid }: SpfTermTrace): string {
  const cost = counted === 0 ? '' : `, ${counted} lookup${counted > 1 ? 's' : ''}`;
  return `${came.replace('-', ' ')}${cost}${isVoid ? ', void' : ''}`;
}
