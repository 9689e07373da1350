import type { RecordType } from '../resolver.ts';
import { normalRecord } from '../zones/record.ts';
import type { HeldAnswer } from './entries.ts';
import type { Store } from './store.ts';

/** After the store failed or was late, how long it is left alone, in ms. */
const pause = 1_000;
/** How many writes may be under way; beyond that the store is not keeping up, and what is new is not shared. */
const mostWrites = 1_000;

/** A store as the cache uses it: it never rejects and never takes longer than `timeout` ms. */
export class SharedAnswers {
  readonly #store: Store;
  readonly #timeout: number;
  #resumeAt = 0;
  #writes = 0;

  constructor(store: Store, timeout: number) {
    this.#store = store;
    this.#timeout = timeout;
  }

  /** Whether it is worth asking now. */
  get isOpen(): boolean {
    return performance.now() >= this.#resumeAt;
  }

  /** The answer that somebody else has put there, with the TTL that is left of it. */
  read(name: string, type: RecordType): Promise<HeldAnswer | undefined> {
    return new Promise((resolve) => {
      const leave = (): void => {
        clearTimeout(timer);
        this.#resumeAt = performance.now() + pause;
        resolve(undefined);
      };
      const timer = setTimeout(leave, this.#timeout);
      attempt(() => this.#store.get(key(name, type))).then((text) => {
        clearTimeout(timer);
        resolve(text === undefined ? undefined : readAnswer(text, type));
      }, leave);
    });
  }

  write(name: string, type: RecordType, answer: HeldAnswer): void {
    if (!this.isOpen || this.#writes >= mostWrites) return;
    const expires = Date.now() + answer.ttl * 1000;
    this.#writes++;
    const settled = (): void => {
      this.#writes--;
    };
    attempt(() =>
      this.#store.set(key(name, type), JSON.stringify({ expires, ...answer }), answer.ttl * 1000),
    ).then(settled, () => {
      settled();
      this.#resumeAt = performance.now() + pause;
    });
  }
}

function key(name: string, type: RecordType): string {
  return `${type}:${name}`;
}

/** A promise of it even where the store throws at once. */
async function attempt<T>(work: () => Promise<T>): Promise<T> {
  return work();
}

/**
 * What comes from a store may have been written by anybody: anything but a whole, sound answer is none, and none of
 * them is proven by DNSSEC.
 */
function readAnswer(text: string, type: RecordType): HeldAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { expires, status, records } = value as { expires?: unknown; status?: unknown; records?: unknown };
  if (typeof expires !== 'number' || !Number.isFinite(expires)) return undefined;
  const ttl = Math.floor((expires - Date.now()) / 1000);
  if (ttl <= 0) return undefined;
  if (status === 'nodata' || status === 'nxdomain') return { status, ttl };
  if (status !== 'found' || !Array.isArray(records) || records.length === 0) return undefined;
  const sound = records.map((record) => normalRecord(type, record)).filter((record) => record !== undefined);
  return sound.length === records.length ? { status, records: sound, ttl } : undefined;
}
