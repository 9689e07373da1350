import type { Answer } from '../resolver.ts';
import { aborted } from '../failures.ts';

/**
 * One lookup under way and everybody who waits for it. A caller who leaves takes nothing away from the others;
 * when the last one has left, the lookup ends.
 */
export class Flight {
  readonly #answer: Promise<Answer>;
  readonly #controller: AbortController | undefined;
  readonly #abandoned: () => void;
  /** Callers who may leave. Without a controller nobody can call it off. */
  #waiting = 0;

  /**
   * @param work  begins the lookup
   * @param cancellable  whether it ends when the last caller has left; only if the first one can leave
   * @param abandoned  called when it does
   */
  constructor(
    work: (signal: AbortSignal | undefined) => Promise<Answer>,
    cancellable: boolean,
    abandoned: () => void,
  ) {
    this.#controller = cancellable ? new AbortController() : undefined;
    this.#abandoned = abandoned;
    this.#answer = work(this.#controller?.signal);
  }

  join(signal: AbortSignal | undefined): Promise<Answer> {
    if (!signal) {
      // Somebody who never leaves.
      this.#waiting = Infinity;
      return this.#answer;
    }
    this.#waiting++;
    return new Promise((resolve) => {
      const leave = (): void => {
        resolve(aborted);
        if (--this.#waiting > 0 || !this.#controller) return;
        this.#abandoned();
        this.#controller.abort();
      };
      signal.addEventListener('abort', leave, { once: true });
      void this.#answer.then((answer) => {
        signal.removeEventListener('abort', leave);
        resolve(answer);
      });
    });
  }
}
