import type { Answer, RecordType } from '../resolver.ts';

/** An answer that holds for a while. */
export type HeldAnswer = Exclude<Answer, { status: 'failed' }>;

/**
 * One answer in memory. Times are those of `performance.now()`, in whole milliseconds: a hit is mostly the time that
 * memory takes, and a fraction would lie in a place of its own.
 */
export interface Entry {
  readonly type: RecordType;
  readonly name: string;
  readonly answer: Answer;
  readonly expires: number;
  /** Of the answer, once more where a hit reads it without a detour. */
  readonly status: Answer['status'];
  readonly records: Extract<Answer, { status: 'found' }>['records'] | undefined;
  readonly authenticated: boolean;
  /** An estimate of what it takes in memory, in bytes. */
  readonly size: number;
  /** Whether it has been asked for since the hand last passed. */
  used: boolean;
  older: Entry | undefined;
  newer: Entry | undefined;
  /** For a stale one: until when it is given without another try. */
  retryAt: number;
}

/**
 * Answers by type and name, within a bound of memory. What has to go is chosen by SIEVE (Zhang et al., NSDI 2024):
 * a hit only sets a flag, and one hand walks from the oldest to the newest and takes what was not asked for.
 */
export class Entries {
  readonly #maxBytes: number;
  readonly #tables = new Map<RecordType, Map<string, Entry>>();
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  #hand: Entry | undefined;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** An estimate of the memory in use, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  get(type: RecordType, name: string): Entry | undefined {
    return this.#tables.get(type)?.get(name);
  }

  set(type: RecordType, name: string, answer: Answer, expires: number): void {
    let table = this.#tables.get(type);
    if (!table) this.#tables.set(type, (table = new Map()));
    const old = table.get(name);
    if (old) this.#remove(old);
    const size = sizeOf(name, answer);
    // An answer that fills the cache alone would push everything else out for one name.
    if (size > this.#maxBytes / 8) return;
    while (this.#bytes + size > this.#maxBytes) this.#evict();
    const entry: Entry = {
      // What a hit reads comes first and so lies together.
      expires: Math.floor(expires),
      used: false,
      status: answer.status,
      records: answer.status === 'found' ? answer.records : undefined,
      authenticated: answer.status !== 'failed' && answer.authenticated === true,
      answer,
      type,
      name,
      size,
      older: this.#newest,
      newer: undefined,
      retryAt: 0,
    };
    if (this.#newest) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
    this.#bytes += size;
    table.set(name, entry);
  }

  clear(): void {
    this.#tables.clear();
    this.#oldest = this.#newest = this.#hand = undefined;
    this.#bytes = 0;
  }

  #evict(): void {
    let at = this.#hand ?? this.#oldest;
    while (at?.used) {
      at.used = false;
      at = at.newer ?? this.#oldest;
    }
    if (!at) return;
    this.#hand = at.newer;
    this.#remove(at);
  }

  #remove(entry: Entry): void {
    if (this.#hand === entry) this.#hand = entry.newer;
    if (entry.older) entry.older.newer = entry.newer;
    else this.#oldest = entry.newer;
    if (entry.newer) entry.newer.older = entry.older;
    else this.#newest = entry.older;
    this.#bytes -= entry.size;
    this.#tables.get(entry.type)?.delete(entry.name);
  }
}

/** What the objects, the two links, the table's slot and the name take (measured with V8: about 250 bytes). */
const overhead = 256;

function sizeOf(name: string, answer: Answer): number {
  let size = overhead + name.length;
  if (answer.status !== 'found') return size;
  for (const record of answer.records) size += weigh(record);
  return size;
}

function weigh(value: unknown): number {
  if (typeof value === 'string') return 24 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 24;
  for (const part of Object.values(value)) size += weigh(part);
  return size;
}
