/**
 * Slots that share a place in the table; what is looked up is in one of them or nowhere. The keys of 16 IPv4 addresses
 * are one cache line.
 */
const ways = 16;

/**
 * A table of bounded size from addresses to numbers, each with a time at which it goes out of date. It lives in two
 * typed arrays: 8 bytes an entry beside the key, whatever is stored, and nothing for the garbage collector to follow.
 * A full place gives up what would expire first.
 */
export class PackedTable {
  readonly #words: 1 | 4;
  readonly #keys: Uint32Array;
  /** By slot, side by side so that one look at the memory finds both: when it expires (0: never used), the number. */
  readonly #entries: Uint32Array;
  readonly #mask: number;
  readonly #seed = Math.floor(Math.random() * 2 ** 32);

  /**
   * @param words    32-bit numbers in a key
   * @param entries  how many it is meant to hold; half of its slots then stay free
   */
  constructor(words: 1 | 4, entries: number) {
    const places = 2 ** Math.max(1, Math.ceil(Math.log2((entries * 2) / ways)));
    this.#words = words;
    this.#mask = places - 1;
    this.#keys = new Uint32Array(places * ways * words);
    this.#entries = new Uint32Array(places * ways * 2);
  }

  /** Bytes that it takes. */
  get size(): number {
    return this.#keys.byteLength + this.#entries.byteLength;
  }

  /** @param now in seconds, as given to `put`. @returns the number, or -1 */
  find(now: number, a: number, b = 0, c = 0, d = 0): number {
    const slot = this.#slot(a, b, c, d);
    return slot >= 0 && this.#entries[slot * 2]! > now ? this.#entries[slot * 2 + 1]! : -1;
  }

  /** @param expires in seconds, above 0 */
  put(now: number, expires: number, value: number, a: number, b = 0, c = 0, d = 0): void {
    let slot = this.#slot(a, b, c, d);
    if (slot < 0) {
      const first = this.#place(a, b, c, d) * ways;
      slot = first;
      for (let way = first; way < first + ways; way++) {
        if (this.#entries[way * 2]! < this.#entries[slot * 2]!) slot = way;
        if (this.#entries[way * 2]! <= now) break;
      }
      const key = slot * this.#words;
      this.#keys[key] = a;
      if (this.#words === 4) {
        this.#keys[key + 1] = b;
        this.#keys[key + 2] = c;
        this.#keys[key + 3] = d;
      }
    }
    this.#entries[slot * 2] = expires;
    this.#entries[slot * 2 + 1] = value;
  }

  clear(): void {
    this.#entries.fill(0);
  }

  /** Calls with each number that is still in date. */
  forEach(now: number, visit: (value: number) => void): void {
    for (let at = 0; at < this.#entries.length; at += 2) {
      if (this.#entries[at]! > now) visit(this.#entries[at + 1]!);
    }
  }

  #slot(a: number, b: number, c: number, d: number): number {
    const first = this.#place(a, b, c, d) * ways;
    const keys = this.#keys;
    if (this.#words === 1) {
      for (let slot = first; slot < first + ways; slot++) {
        if (keys[slot] === a && this.#entries[slot * 2] !== 0) return slot;
      }
      return -1;
    }
    for (let slot = first; slot < first + ways; slot++) {
      const key = slot * 4;
      if (
        keys[key + 3] === d &&
        keys[key + 2] === c &&
        keys[key + 1] === b &&
        keys[key] === a &&
        this.#entries[slot * 2] !== 0
      )
        return slot;
    }
    return -1;
  }

  /** The finishing steps of MurmurHash3 over the words; the seed keeps strangers from choosing the place. */
  #place(a: number, b: number, c: number, d: number): number {
    let hash = this.#seed ^ a;
    if (this.#words === 4) {
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ b;
      hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) ^ c;
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ d;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) & this.#mask;
  }
}
