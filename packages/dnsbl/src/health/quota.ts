const day = 86_400_000;

/** Counts queries by UTC day: those of this process, and those of others that share its store. */
export class QueryQuota {
  readonly #limit: number | undefined;
  #day = 0;
  #own = 0;
  #others = 0;

  constructor(limit: number | undefined) {
    this.#limit = limit;
  }

  /** @param now  milliseconds since 1970 */
  count(now: number): void {
    this.#turn(now);
    this.#own++;
  }

  /** Queries that this process has sent on the day of `now`, with the day's number. */
  own(now: number): { readonly day: number; readonly queries: number } {
    this.#turn(now);
    return { day: this.#day, queries: this.#own };
  }

  /** What the others have sent today. */
  adopt(queries: number): void {
    this.#others = queries;
  }

  used(now: number): number {
    this.#turn(now);
    return this.#own + this.#others;
  }

  /** When the count begins again, if it is used up; undefined while it is not. */
  exhaustedUntil(now: number): number | undefined {
    if (this.#limit === undefined || this.used(now) < this.#limit) return undefined;
    return (this.#day + 1) * day;
  }

  #turn(now: number): void {
    const today = Math.floor(now / day);
    if (today === this.#day) return;
    this.#day = today;
    this.#own = 0;
    this.#others = 0;
  }
}
