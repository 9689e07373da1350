import type { Answer, RecordType, Resolver } from '@postern/dns';
import type { SpfLookup, SpfTrace } from './trace.ts';

/**
 * A resolver that knows exactly what one check was told. A check of the same query with the same limits
 * comes to the same result, lookups and void lookups: a trace in a bug report is enough to repeat the check.
 * What the trace does not hold fails with the reason `network`.
 */
export function replayResolver(trace: SpfTrace | null): Resolver {
  const answers = new Map<string, Answer>();
  for (const { name, type, answer } of trace ? traceLookups(trace) : [])
    answers.set(`${type} ${name}`, answer);
  return {
    resolve<T extends RecordType>(name: string, type: T): Answer<T> {
      const known = answers.get(`${type} ${name}`);
      return (known ?? { status: 'failed', reason: 'network', detail: 'not in the trace' }) as Answer<T>;
    },
  };
}

/**
 * Walks through a trace.
 *
 * @yields every lookup, in the order in which the evaluation wanted them
 */
export function* traceLookups(trace: SpfTrace): Generator<SpfLookup> {
  if (trace.lookup) yield trace.lookup;
  for (const term of trace.terms) {
    yield* term.lookups;
    if (term.inner) yield* traceLookups(term.inner);
  }
  yield* trace.explanation;
}
