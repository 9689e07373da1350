import type { Answer } from '@postern/dns';
import { isVoid } from './dns-reading.ts';
import type { SpfLimits } from './limits.ts';
import type { SpfErrorCode, SpfFault, SpfLookup, SpfTermTrace } from './trace.ts';

/** The trace of a term while the term is looked at. */
export type TermRun = { -readonly [K in keyof SpfTermTrace]: SpfTermTrace[K] } & { lookups: SpfLookup[] };

export function newRun(term: string): TermRun {
  return { term, outcome: 'no-match', target: null, counted: 0, void: false, lookups: [], inner: null };
}

/** What one pass has cost so far, and the error that ended it. */
export class Bill {
  lookups = 0;
  voids = 0;
  /** Whether `limits.lenientVoid` left a lookup out of the count. */
  leniency = false;
  error: SpfFault | null = null;
  readonly #limits: SpfLimits;

  constructor(limits: SpfLimits) {
    this.#limits = limits;
  }

  /** One of the ten lookups (section 4.6.4); false where it would be the eleventh. */
  count(run: TermRun, domain: string): boolean {
    const most = this.#limits.lookups;
    if (this.lookups >= most) {
      this.fail(run, 'lookup-limit', domain, `more than ${most} terms need DNS lookups`);
      return false;
    }
    this.lookups++;
    run.counted++;
    return true;
  }

  /** One of the two void lookups (section 4.6.4): the RFC counts terms, so a term counts once. */
  countVoid(run: TermRun, domain: string): void {
    if (run.void) return;
    run.void = true;
    if (++this.voids > this.#limits.void) {
      this.fail(run, 'void-limit', domain, `more than ${this.#limits.void} terms lead to nothing in DNS`);
    }
  }

  /** A record that is not there ends the check anyway; it is only put on the bill. */
  noteVoid(run: TermRun, answer: Answer): void {
    if (run.void || !isVoid(answer)) return;
    run.void = true;
    this.voids++;
  }

  fail(run: TermRun, code: SpfErrorCode, domain: string, message: string): void {
    run.outcome = 'error';
    this.fault(code, domain, run.term, message);
  }

  fault(code: SpfErrorCode, domain: string, term: string | undefined, message: string): void {
    this.error = term === undefined ? { code, message, domain } : { code, message, domain, term };
  }

  /** Does what counts towards no limit and ends no check: the explanation (section 6.2). */
  offTheBill(work: () => void): void {
    const { lookups, voids } = this;
    this.lookups = this.voids = Number.NEGATIVE_INFINITY;
    work();
    this.lookups = lookups;
    this.voids = voids;
    this.error = null;
  }
}
