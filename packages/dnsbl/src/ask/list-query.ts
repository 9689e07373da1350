import type { Answer, Resolver } from '@postern/dns';
import type { ZoneMonitor } from '../health/monitor.ts';
import { failure } from '../health/probe.ts';
import { cleanVerdict, errorOutcome, type Outcome } from '../verdict/outcome.ts';
import type { Decoded } from '../zone/decode.ts';
import type { Zone } from '../zone/zone.ts';

/** A list as it is asked. */
export interface List {
  readonly zone: Zone;
  readonly monitor: ZoneMonitor;
  readonly decode: (records: readonly string[]) => Decoded;
}

/** Who is asked, and when for the list's own words (TXT). */
export interface AskOptions {
  readonly resolver: Resolver;
  readonly reasons: 'after-listing' | 'at-once' | 'never';
}

/** The check that a query belongs to. */
export interface Check {
  /** Set when the caller has got his verdicts: answers that come later count for nothing. */
  readonly over: boolean;
  readonly signal: AbortSignal | undefined;
  /** Takes the outcome of its list, once, perhaps before `ask` returns. */
  settle(index: number, outcome: Outcome): void;
}

/**
 * One list, asked about one name. With callbacks rather than promises, since nearly all of them are an answer and a
 * verdict and nothing else.
 *
 *     A ── failed ────────────────────────────────────────► error
 *       └─ answer ── test points, if being asked ── clean ► clean
 *                                                 └─ listed ── TXT ► listed, unless the circuit has opened
 */
export class ListQuery {
  readonly #options: AskOptions;
  readonly #list: List;
  readonly #name: string;
  readonly #check: Check;
  readonly #index: number;
  #words: Answer<'TXT'> | Promise<Answer<'TXT'>> | undefined;

  constructor(options: AskOptions, list: List, labels: string, check: Check, index: number) {
    this.#options = options;
    this.#list = list;
    this.#name = `${labels}.${list.zone.name}`;
    this.#check = check;
    this.#index = index;
  }

  ask(): void {
    const { zone, monitor } = this.#list;
    const now = Date.now();
    const refusal = monitor.refusal(now);
    if (refusal) return this.#settle(errorOutcome(zone, refusal, [], (refusal.until - now) / 1000));
    const probe = monitor.pending();
    if (this.#options.reasons === 'at-once') this.#words = this.#lookUp('TXT');
    const answer = this.#lookUp('A');
    if (answer instanceof Promise) void answer.then((settled) => this.#afterProbe(settled, true, probe));
    else this.#afterProbe(answer, false, probe);
  }

  /** Nobody waits for it any more. */
  lost(cause: 'timeout' | 'aborted'): Outcome {
    const trouble = failure(cause);
    const { zone, monitor } = this.#list;
    monitor.failed(trouble.reason, trouble.meaning, true);
    const outcome = errorOutcome(zone, trouble);
    monitor.counters.given(outcome.verdict);
    return outcome;
  }

  /** A list is not believed before its test points are answered; that it failed is plain without them. */
  #afterProbe(answer: Answer<'A'>, fresh: boolean, probe: Promise<void> | undefined): void {
    if (probe === undefined || answer.status === 'failed') this.#conclude(answer, fresh);
    else void probe.then(() => this.#conclude(answer, fresh));
  }

  #conclude(answer: Answer<'A'>, fresh: boolean): void {
    if (this.#check.over) return;
    const { zone, monitor, decode } = this.#list;
    if (answer.status === 'failed') {
      const trouble = failure(answer.reason, answer.detail);
      monitor.failed(trouble.reason, trouble.meaning, fresh);
      return this.#settle(errorOutcome(zone, trouble));
    }
    if (answer.status !== 'found') {
      monitor.answered('clean', fresh);
      return this.#believe({ verdict: cleanVerdict(zone), ttl: answer.ttl });
    }
    monitor.found(answer.ttl);
    const decoded = decode(answer.records);
    if (decoded.status === 'error') {
      monitor.failed(decoded.reason, decoded.meaning, fresh);
      return this.#settle(errorOutcome(zone, decoded, decoded.codes));
    }
    monitor.answered(decoded.status, fresh);
    const finish = (reason: string): void =>
      this.#believe({ verdict: { zone: zone.name, ...decoded, reason }, ttl: answer.ttl });
    if (decoded.status === 'clean' || this.#options.reasons === 'never') this.#words = undefined;
    else this.#words ??= this.#lookUp('TXT');
    const words = this.#words;
    // A listing that is one of many in a row waits for the test points as well.
    const probe = decoded.status === 'clean' ? undefined : monitor.pending();
    if (probe === undefined && !(words instanceof Promise)) return finish(oneString(words));
    void Promise.all([words, probe]).then(([said]) => finish(oneString(said)));
  }

  /** Gives the outcome, unless the circuit has opened in the meantime: then the list's word is worth nothing. */
  #believe(outcome: Outcome): void {
    const { zone, monitor } = this.#list;
    const now = Date.now();
    const refusal = monitor.refusal(now);
    if (refusal === undefined || refusal.reason === 'quota') return this.#settle(outcome);
    this.#settle(errorOutcome(zone, refusal, outcome.verdict.codes, (refusal.until - now) / 1000));
  }

  #settle(outcome: Outcome): void {
    if (this.#check.over) return;
    this.#list.monitor.counters.given(outcome.verdict);
    this.#check.settle(this.#index, outcome);
  }

  /** Counts the query, unless a cache has the answer; a resolver that breaks its promise never to throw is a list that does not answer. */
  #lookUp<T extends 'A' | 'TXT'>(type: T): Answer<T> | Promise<Answer<T>> {
    const { monitor } = this.#list;
    const { signal } = this.#check;
    const fresh = monitor.doubtsKept();
    const options = signal || fresh ? { ...(signal && { signal }), ...(fresh && { fresh }) } : undefined;
    const start = performance.now();
    try {
      const answer = this.#options.resolver.resolve(this.#name, type, options);
      if (!(answer instanceof Promise)) return answer;
      return answer.then(
        (settled) => {
          monitor.counters.sent(performance.now() - start, Date.now());
          return settled;
        },
        (error: unknown) => {
          monitor.counters.sent(performance.now() - start, Date.now());
          return broken(error);
        },
      );
    } catch (error) {
      return broken(error);
    }
  }
}

function broken(error: unknown): Answer<never> {
  return { status: 'failed', reason: 'network', detail: String(error) };
}

/** One string for all TXT records, at most as long as Postfix shows it. */
function oneString(answer: Answer<'TXT'> | undefined): string {
  if (answer?.status !== 'found') return '';
  return answer.records
    .map((strings) => strings.join(''))
    .join(' / ')
    .slice(0, 500);
}
