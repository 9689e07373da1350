/** Upper bounds of the buckets, in milliseconds; one more holds what took longer. */
export const latencyBounds: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000,
];

/** How long answers took. */
export interface Latency {
  readonly count: number;
  /** Of all of them together, in milliseconds. */
  readonly sum: number;
  /** How many took at most so many milliseconds as `latencyBounds` says, and last how many took longer. */
  readonly buckets: readonly number[];
  /** The bounds below which half, 95 % and 99 % of the answers came, in milliseconds; Infinity beyond the last. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export class LatencyHistogram {
  readonly #buckets: number[] = Array.from({ length: latencyBounds.length + 1 }, () => 0);
  #count = 0;
  #sum = 0;

  /** @param ms how long one answer took */
  add(ms: number): void {
    let index = 0;
    while (index < latencyBounds.length && ms > latencyBounds[index]!) index++;
    this.#buckets[index]!++;
    this.#count++;
    this.#sum += ms;
  }

  read(): Latency {
    return {
      count: this.#count,
      sum: this.#sum,
      buckets: [...this.#buckets],
      p50: this.#quantile(0.5),
      p95: this.#quantile(0.95),
      p99: this.#quantile(0.99),
    };
  }

  #quantile(share: number): number {
    if (this.#count === 0) return 0;
    let seen = 0;
    for (const [index, count] of this.#buckets.entries()) {
      seen += count;
      if (seen >= this.#count * share) return latencyBounds[index] ?? Infinity;
    }
    return Infinity;
  }
}
