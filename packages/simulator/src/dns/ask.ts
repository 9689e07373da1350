import type { Answer, RecordType } from '@postern/dns';

/** An answer is not there yet: the evaluation is given up, and run again when it is. */
export class Pending {
  readonly promise: Promise<unknown>;
  constructor(promise: Promise<unknown>) {
    this.promise = promise;
  }
}

/** What was asked in the course of one evaluation, and is answered alike in the next. */
export class Answers {
  readonly #known = new Map<string, unknown>();

  /**
   * The answer to a question, asked once. Evaluation is a function of what it was told, so an answer that comes later
   * is waited for outside, and the evaluation repeated: no step needs to be asynchronous.
   *
   * @throws Pending when the answer is a promise
   */
  once<T>(question: string, ask: () => T | Promise<T>): T {
    if (this.#known.has(question)) return this.#known.get(question) as T;
    const answer = ask();
    if (!(answer instanceof Promise)) {
      this.#known.set(question, answer);
      return answer;
    }
    throw new Pending(answer.then((value) => void this.#known.set(question, value)));
  }
}

export type { Answer, RecordType };
