const day = 86_400_000;

/** Counts queries by UTC day: this process's own, and those of other machines that share its store. */
export class QueryQuota {
  readonly limit: number | undefined;
  #day = 0;
  #own = 0;
  #others = 0;
  #unshared = 0;

  constructor(limit: number | undefined) {
    this.limit = limit;
  }

  /** @param now  milliseconds since 1970 */
  count(now: number): void {
    this.#turn(now);
    this.#own++;
    this.#unshared++;
  }

  used(now: number): number {
    this.#turn(now);
    return this.#own + this.#others;
  }

  /** When the count begins again, if it is used up; undefined while it is not. */
  exhaustedUntil(now: number): number | undefined {
    if (this.limit === undefined || this.used(now) < this.limit) return undefined;
    return (this.#day + 1) * day;
  }

  /** What other machines do not know yet; it is theirs from now on. */
  takeUnshared(now: number): { readonly day: number; readonly queries: number } {
    this.#turn(now);
    const queries = this.#unshared;
    this.#unshared = 0;
    return { day: this.#day, queries };
  }

  /** Queries that could not be shared after all. */
  giveBack(queries: number): void {
    this.#unshared += queries;
  }

  /** What all machines together have sent on that day. */
  adopt(of: number, total: number): void {
    if (of === this.#day) this.#others = Math.max(0, total - (this.#own - this.#unshared));
  }

  #turn(now: number): void {
    const today = Math.floor(now / day);
    if (today === this.#day) return;
    this.#day = today;
    this.#own = 0;
    this.#others = 0;
    this.#unshared = 0;
  }
}
