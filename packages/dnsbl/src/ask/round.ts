import type { Outcome } from '../verdict/outcome.ts';
import { ListQuery, type AskOptions, type Check, type List } from './list-query.ts';

export interface RoundOptions extends AskOptions {
  /** How long it may take in all, in ms. */
  readonly timeout: number;
}

/**
 * Asks lists about one subject, all at the same time. What is missing when the time is over, or the caller leaves, is
 * an error.
 *
 * @param labels  what stands before the zone in the name that is asked for
 * @returns an outcome a list, in their order; without a promise when nobody had to wait
 */
export function askLists(
  options: RoundOptions,
  lists: readonly List[],
  labels: string,
  signal: AbortSignal | undefined,
): readonly Outcome[] | Promise<readonly Outcome[]> {
  return new Round(options, lists, labels, signal).run();
}

class Round implements Check {
  readonly signal: AbortSignal | undefined;
  over = false;
  readonly #timeout: number;
  readonly #queries: readonly ListQuery[];
  readonly #outcomes: (Outcome | undefined)[];
  #missing: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #done: ((outcomes: readonly Outcome[]) => void) | undefined;

  constructor(
    options: RoundOptions,
    lists: readonly List[],
    labels: string,
    signal: AbortSignal | undefined,
  ) {
    this.signal = signal;
    this.#timeout = options.timeout;
    this.#queries = lists.map((list, index) => new ListQuery(options, list, labels, this, index));
    this.#outcomes = lists.map(() => undefined);
    this.#missing = lists.length;
  }

  run(): readonly Outcome[] | Promise<readonly Outcome[]> {
    for (const query of this.#queries) query.ask();
    if (this.#missing === 0) return this.#outcomes as Outcome[];
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#timer = setTimeout(() => this.#giveUp('timeout'), this.#timeout);
      if (this.signal?.aborted) this.#onAbort();
      else this.signal?.addEventListener('abort', this.#onAbort, { once: true });
    });
  }

  settle(index: number, outcome: Outcome): void {
    this.#outcomes[index] = outcome;
    if (--this.#missing === 0) this.#finish();
  }

  #giveUp(cause: 'timeout' | 'aborted'): void {
    this.over = true;
    for (const [index, query] of this.#queries.entries()) this.#outcomes[index] ??= query.lost(cause);
    this.#finish();
  }

  readonly #onAbort = (): void => this.#giveUp('aborted');

  #finish(): void {
    clearTimeout(this.#timer);
    this.signal?.removeEventListener('abort', this.#onAbort);
    this.#done?.(this.#outcomes as Outcome[]);
  }
}
