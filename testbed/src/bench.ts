/** What `npm run bench` runs: packages/NAME/bench/TOPIC.bench.ts exports one of these as its default. */
export interface Bench {
  readonly title: string;
  /** What was measured and how, for docs/benchmarks.md. */
  readonly about?: string;
  run(): AsyncIterable<BenchRow>;
}

/** One comparison: ours and the peer's figure for the same work in the same run, as text with units. */
export interface BenchRow {
  readonly work: string;
  readonly ours: string;
  readonly peer: string;
  readonly ratio: string;
  readonly target?: string;
  readonly met?: boolean;
}

/**
 * Times two ways of doing the same work in turn, A B A B …, so that a machine that slows down slows both.
 *
 * @returns the median duration of one call of each, in milliseconds
 */
export async function pairedMedians(
  ours: () => unknown,
  peer: () => unknown,
  { rounds = 7, warmup = 1 }: { rounds?: number; warmup?: number } = {},
): Promise<{ ours: number; peer: number }> {
  const times = { ours: [] as number[], peer: [] as number[] };
  for (let round = -warmup; round < rounds; round++) {
    for (const [side, work] of [
      ['ours', ours],
      ['peer', peer],
    ] as const) {
      const start = performance.now();
      await work();
      if (round >= 0) times[side].push(performance.now() - start);
    }
  }
  return { ours: median(times.ours), peer: median(times.peer) };
}

/** The middle value; of an even number of values the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
