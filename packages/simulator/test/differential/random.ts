import { seededRandom } from '@postern/testbed';

/** A sequence of choices that is the same in every run. */
export class Random {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  some<T>(items: readonly T[], least: number, most: number): T[] {
    const count = least + this.below(most - least + 1);
    return Array.from({ length: count }, () => this.pick(items));
  }
}
