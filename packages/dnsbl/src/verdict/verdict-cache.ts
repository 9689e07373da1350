import type { Address } from '../subject/address.ts';
import { PackedTable } from './packed-table.ts';
import type { CheckResult, ListingVerdict, Verdict } from './verdict.ts';

export interface VerdictCacheOptions {
  /** How many addresses of each family it holds (100 000). */
  readonly entries?: number;
  /** The shortest and longest time a verdict is kept, in seconds (60 and 3600, as postscreen has them). */
  readonly minTtl?: number;
  readonly maxTtl?: number;
}

/** Stands for the address in the reasons of a shape; no TXT record of a list has it. */
const placeholder = '\u0000';

/** What many addresses have in common: the verdicts of all lists, with the address itself left out of the reasons. */
interface Shape {
  /** What callers get where no reason names the address: frozen, for they all get the same. */
  readonly verdicts: readonly Verdict[];
  /** The same, to be copied: copying a frozen array takes several times as long. */
  readonly pattern: readonly Verdict[];
  readonly score: number;
  /** The verdicts whose reasons have the address in them: which ones, and what stands around it. */
  readonly named: readonly {
    readonly index: number;
    readonly verdict: ListingVerdict;
    readonly around: readonly string[];
  }[];
}

/** How many shapes there may be: a list that gives every address its own reason must not fill the memory. */
const mostShapes = 1 << 16;

/**
 * Verdicts by address. Most addresses get the same few verdicts, so each set of verdicts is stored once, as a shape,
 * and an address is no more than the number of its shape and a time.
 */
export class VerdictCache {
  readonly #entries: number;
  readonly #minTtl: number;
  readonly #maxTtl: number;
  readonly #epoch = Math.floor(Date.now() / 1000) - 1;
  #ipv4: PackedTable | undefined;
  #ipv6: PackedTable | undefined;
  readonly #shapes: (Shape | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #free: number[] = [];
  #sweepAfter = 0;
  hits = 0;
  misses = 0;

  constructor({ entries = 100_000, minTtl = 60, maxTtl = 3600 }: VerdictCacheOptions) {
    this.#entries = entries;
    this.#minTtl = minTtl;
    this.#maxTtl = maxTtl;
  }

  /** Bytes that its tables take. */
  get size(): number {
    return (this.#ipv4?.size ?? 0) + (this.#ipv6?.size ?? 0);
  }

  /** @param text the address as the caller wrote it: the result carries it */
  findIpv4(value: number, text: string): CheckResult | undefined {
    return this.#result(this.#ipv4?.find(this.#now(), value) ?? -1, text);
  }

  findIpv6([a, b, c, d]: readonly [number, number, number, number], text: string): CheckResult | undefined {
    return this.#result(this.#ipv6?.find(this.#now(), a, b, c, d) ?? -1, text);
  }

  /**
   * @param ttl   in seconds; 0 keeps nothing, Infinity is cut to the longest time
   * @param text  the address as it stands in the reasons
   */
  put(address: Address, verdicts: readonly Verdict[], score: number, ttl: number, text: string): void {
    if (ttl <= 0) return;
    const now = this.#now();
    const number = this.#number(verdicts, score, text, now);
    if (number === undefined) return;
    // An error is worth keeping for no longer than the list is not asked anyway.
    const shortest = verdicts.some(({ status }) => status === 'error') ? 1 : this.#minTtl;
    const expires = now + Math.min(this.#maxTtl, Math.max(shortest, Math.ceil(ttl)));
    if (address.family === 4) {
      this.#ipv4 ??= new PackedTable(1, this.#entries);
      this.#ipv4.put(now, expires, number, address.value);
    } else {
      this.#ipv6 ??= new PackedTable(4, this.#entries);
      this.#ipv6.put(now, expires, number, ...address.words);
    }
  }

  clear(): void {
    this.#ipv4?.clear();
    this.#ipv6?.clear();
    this.#shapes.length = 0;
    this.#free.length = 0;
    this.#numbers.clear();
  }

  #result(number: number, text: string): CheckResult | undefined {
    const shape = number < 0 ? undefined : this.#shapes[number];
    if (shape === undefined) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    const { verdicts, pattern, score, named } = shape;
    if (named.length === 0) return { address: text, verdicts, score };
    const own = pattern.slice();
    for (const { index, verdict, around } of named) {
      // Written out: copying a frozen object by spreading it takes several times as long.
      const { zone, status, codes, meaning, weight } = verdict;
      const [before, after] = around as [string, string];
      const ends = around.length === 2 && after === '';
      const reason = ends ? before + text : around.join(text);
      own[index] = { zone, status, codes, meaning, reason, weight };
    }
    return { address: text, verdicts: own, score };
  }

  #number(verdicts: readonly Verdict[], score: number, text: string, now: number): number | undefined {
    const named: Shape['named'][number][] = [];
    const shaped = verdicts.map((verdict, index) => {
      if (verdict.status === 'error' || !verdict.reason.includes(text)) return verdict;
      const around = verdict.reason.split(text);
      named.push({ index, verdict, around });
      return { ...verdict, reason: around.join(placeholder) };
    });
    const signature = shaped
      .map(({ status, codes, reason, meaning }) =>
        status === 'clean' && codes.length === 0
          ? ''
          : `${status} ${codes.join(' ')} ${reason} ${status === 'error' ? meaning : ''}`,
      )
      .join('\n');
    const known = this.#numbers.get(signature);
    if (known !== undefined) return known;
    if (this.#numbers.size >= mostShapes && !this.#sweep(now)) return undefined;
    const number = this.#free.pop() ?? this.#shapes.length;
    for (const verdict of shaped) Object.freeze(verdict);
    this.#shapes[number] = { verdicts: Object.freeze([...shaped]), pattern: shaped, score, named };
    this.#numbers.set(signature, number);
    return number;
  }

  /** Drops the shapes that no address has any more. @returns whether there is room for another */
  #sweep(now: number): boolean {
    if (now < this.#sweepAfter) return false;
    this.#sweepAfter = now + this.#minTtl;
    const used = new Uint8Array(this.#shapes.length);
    for (const table of [this.#ipv4, this.#ipv6]) table?.forEach(now, (number) => (used[number] = 1));
    for (const [signature, number] of this.#numbers) {
      if (used[number] === 1) continue;
      this.#numbers.delete(signature);
      this.#shapes[number] = undefined;
      this.#free.push(number);
    }
    return this.#numbers.size < mostShapes;
  }

  #now(): number {
    return Math.floor(Date.now() / 1000) - this.#epoch;
  }
}
