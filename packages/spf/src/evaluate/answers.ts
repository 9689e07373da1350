import type { Answer, RecordType, ResolveOptions, Resolver } from '@postern/dns';
import type { SpfLookup } from './trace.ts';

/** Why no more answers are waited for. */
export type Closing = 'time-limit' | 'aborted';

/** Who wants an answer: the term whose turn it is, or a look ahead that may turn out to be for nothing. */
export type Urgency = 'now' | 'ahead';

/**
 * What DNS has said so far in one check. While the resolver answers at once nothing is kept but a list;
 * from the first promise on every answer is remembered, so that the evaluation can start over and find
 * the same answers again.
 */
export class Answers {
  /** Set when the check may wait no longer. */
  closed: Closing | null = null;
  /** Questions put to the resolver. */
  queries = 0;

  readonly #resolver: Resolver;
  readonly #options: LazyAbort;
  readonly #most: number;
  readonly #known: SpfLookup[] = [];
  #remembered: Map<string, SpfLookup | null> | null = null;
  /** What was asked ahead and no term has needed yet. */
  #ahead: Set<string> | null = null;
  #inFlight = 0;
  #termQueries = 0;
  #wake: (() => void) | null = null;

  /** @param most  how many questions may be ahead of the evaluation, and up to how many terms it is looked ahead */
  constructor(resolver: Resolver, most: number) {
    this.#resolver = resolver;
    this.#options = new LazyAbort();
    this.#most = most;
  }

  /**
   * The answer to a question, or null where it is not there yet (the question is then on its way, or was
   * too much for a look ahead).
   *
   * @param isTerm  whether the question is one of the ten that RFC 7208 section 4.6.4 counts
   */
  ask(name: string, type: RecordType, urgency: Urgency, isTerm: boolean): SpfLookup | null {
    const key = this.#remembered === null ? '' : `${type} ${name}`;
    if (this.#remembered !== null) {
      if (urgency === 'now') this.#ahead?.delete(key);
      const known = this.#remembered.get(key);
      if (known !== undefined) return known;
      if (this.closed !== null) return null;
      if (urgency === 'ahead') {
        this.#ahead ??= new Set();
        if (this.#ahead.size >= this.#most || (isTerm && this.#termQueries >= this.#most)) return null;
        this.#ahead.add(key);
      }
    }
    this.queries++;
    if (isTerm) this.#termQueries++;
    let answer: Answer | Promise<Answer>;
    try {
      answer = this.#resolver.resolve(name, type, this.#options);
    } catch (error) {
      answer = brokenPromise(error);
    }
    if ((answer as Partial<Promise<Answer>>).then !== undefined) {
      this.#await(name, type, answer as Promise<Answer>);
      return null;
    }
    const lookup: SpfLookup = { name, type, answer: answer as Answer, ms: 0 };
    if (this.#remembered === null) this.#known.push(lookup);
    else this.#remembered.set(key, lookup);
    return lookup;
  }

  /** Resolves when another answer has come, or when no more are waited for. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Gives up waiting: what is unknown stays unknown. */
  close(why: Closing): void {
    this.closed ??= why;
    this.#wake?.();
  }

  /** Stops the questions that nobody waits for any more. */
  release(): void {
    if (this.#inFlight > 0) this.#options.abort();
  }

  #await(name: string, type: RecordType, answer: Promise<Answer>): void {
    this.#remembered ??= new Map(this.#known.map((lookup) => [`${lookup.type} ${lookup.name}`, lookup]));
    const remembered = this.#remembered;
    const key = `${type} ${name}`;
    const start = performance.now();
    const arrived = (value: Answer): void => {
      this.#inFlight--;
      if (this.closed !== null) return;
      remembered.set(key, { name, type, answer: value, ms: performance.now() - start });
      this.#wake?.();
    };
    remembered.set(key, null);
    this.#inFlight++;
    answer.then(arrived, (error: unknown) => arrived(brokenPromise(error)));
  }
}

/** A signal that exists only once a resolver looks at it: one that answers from memory never does. */
class LazyAbort implements ResolveOptions {
  #controller: AbortController | null = null;

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  abort(): void {
    this.#controller?.abort();
  }
}

/** A resolver that throws breaks its word; the check goes on as after any other DNS failure. */
function brokenPromise(error: unknown): Answer {
  return {
    status: 'failed',
    reason: 'network',
    detail: error instanceof Error ? error.message : String(error),
  };
}
