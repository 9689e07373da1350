import type { Answer, RecordType, ResolveOptions, Resolver } from '../resolver.ts';
import { aborted, badName } from '../failures.ts';
import { canonicalName } from '../name.ts';
import { Entries, type Entry, type HeldAnswer } from './entries.ts';
import { Flight } from './flight.ts';
import { SharedAnswers } from './shared.ts';
import type { Store } from './store.ts';

export interface CacheOptions {
  /** Bound of the memory for answers, in bytes (64 MiB, some 200 000 answers). */
  readonly maxBytes?: number;
  /** Records are kept for their TTL, but at least (0) and at most (86 400) so many seconds. */
  readonly minTtl?: number;
  readonly maxTtl?: number;
  /** The same for "there is none", whose TTL comes from the SOA (RFC 2308): 0 and 3 600 seconds. */
  readonly minNegativeTtl?: number;
  readonly maxNegativeTtl?: number;
  /** How long a failure is remembered, in seconds (1, the least that RFC 9520 allows; 0 for not at all). */
  readonly failureTtl?: number;
  /** Whether an answer that has run out is given where no fresh one can be had (RFC 8767). Off by default. */
  readonly serveStale?: boolean | StaleOptions;
  /** Where answers are shared with other processes and machines. */
  readonly store?: Store;
  /** The most that the store may cost a lookup, in ms (5). */
  readonly storeTimeout?: number;
}

export interface StaleOptions {
  /** How long past its end an answer may still be given, in seconds (86 400). */
  readonly maxAge?: number;
  /** How long a caller waits for a fresh answer before the stale one is given, in ms (1 800). */
  readonly patience?: number;
}

export interface CachedResolver extends Resolver {
  /** An estimate of the memory in use, in bytes. */
  readonly bytes: number;
  /** Forgets everything. */
  clear(): void;
}

/** The TTL of a stale answer, and how long it is given without another try, in seconds (RFC 8767, 4). */
const staleTtl = 30;

/**
 * Puts a cache before a resolver. A hit is answered at once, without a promise, with the TTL that is left of it;
 * equal lookups under way become one.
 */
export function cachedResolver(inner: Resolver, options: CacheOptions = {}): CachedResolver {
  const { maxBytes = 64 * 2 ** 20, store, storeTimeout = 5, serveStale = false } = options;
  const entries = new Entries(maxBytes);
  const flights = new Map<string, Flight>();
  const shared = store && new SharedAnswers(store, storeTimeout);
  const stale = serveStale
    ? { maxAge: 86_400, patience: 1_800, ...(serveStale === true ? {} : serveStale) }
    : undefined;
  const lifetime = clamps(options);

  function hit(entry: Entry, now: number): Answer {
    if (!entry.used) entry.used = true;
    const { status, records, authenticated } = entry;
    const ttl = Math.floor((entry.expires - now) / 1000);
    if (records) {
      return authenticated
        ? { status: 'found', records, ttl, authenticated }
        : { status: 'found', records, ttl };
    }
    if (status !== 'nodata' && status !== 'nxdomain') return entry.answer;
    return authenticated ? { status, ttl, authenticated } : { status, ttl };
  }

  /** The answer with the TTL it is kept for, after it has been put into memory. */
  function keep(name: string, type: RecordType, answer: Answer): Answer {
    const seconds = lifetime(answer);
    if (seconds <= 0) return answer;
    const kept = answer.status === 'failed' || answer.ttl === seconds ? answer : { ...answer, ttl: seconds };
    // A failure must not push out the answer that it is bridged with.
    const bridged = kept.status === 'failed' && stale && isBridge(entries.get(type, name), performance.now());
    if (!bridged) entries.set(type, name, kept, performance.now() + seconds * 1000);
    return kept;
  }

  function isBridge(entry: Entry | undefined, now: number): entry is Entry {
    return (
      !!entry && !!stale && entry.answer.status !== 'failed' && entry.expires + stale.maxAge * 1000 > now
    );
  }

  /** From the shared store unless it has to be fresh, or else from the inner resolver. */
  async function fetch(
    name: string,
    type: RecordType,
    fresh: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    if (!fresh && shared?.isOpen) {
      const found = await shared.read(name, type);
      if (found) return keep(name, type, found);
      if (signal?.aborted) return aborted;
    }
    const passedOn = signal || fresh ? { ...(signal && { signal }), ...(fresh && { fresh }) } : undefined;
    const answer = keep(name, type, await inner.resolve(name, type, passedOn));
    if (shared && answer.status !== 'failed' && lifetime(answer) > 0) shared.write(name, type, answer);
    return answer;
  }

  function fly(
    name: string,
    type: RecordType,
    fresh: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    // One under way may end with what the shared store has kept: who wants a fresh answer does not join it.
    const key = fresh ? `fresh ${type} ${name}` : `${type} ${name}`;
    let flight = flights.get(key);
    if (!flight) {
      const land = (): void => {
        if (flights.get(key) === flight) flights.delete(key);
      };
      flight = new Flight((own) => fetch(name, type, fresh, own).finally(land), signal !== undefined, land);
      flights.set(key, flight);
    }
    return flight.join(signal);
  }

  /** A fresh answer if it comes soon and is one; else the one that has run out. */
  function refresh(entry: Entry, patience: number, signal: AbortSignal | undefined): Promise<Answer> {
    const bridge = entry.answer.status === 'failed' ? entry.answer : staleAnswer(entry.answer);
    return new Promise((give) => {
      const timer = setTimeout(() => give(bridge), patience);
      const leave = (): void => {
        clearTimeout(timer);
        give(aborted);
      };
      signal?.addEventListener('abort', leave, { once: true });
      // Without the signal: the refresh goes on for those who come next.
      void fly(entry.name, entry.type, false, undefined).then((answer) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        if (answer.status === 'failed') entry.retryAt = Math.floor(performance.now() + staleTtl * 1000);
        give(answer.status === 'failed' ? bridge : answer);
      });
    });
  }

  function resolve(written: string, type: RecordType, caller?: ResolveOptions): Answer | Promise<Answer> {
    const signal = caller?.signal;
    if (signal?.aborted) return aborted;
    if (caller?.fresh) {
      const name = canonicalName(written);
      return name === undefined ? badName(written) : fly(name, type, true, signal);
    }
    const now = performance.now();
    let entry = entries.get(type, written);
    if (entry && entry.expires > now) return hit(entry, now);
    const name = canonicalName(written);
    if (name === undefined) return badName(written);
    if (name !== written) {
      entry = entries.get(type, name);
      if (entry && entry.expires > now) return hit(entry, now);
    }
    if (isBridge(entry, now)) {
      if (entry.retryAt > now) return staleAnswer(entry.answer as HeldAnswer);
      return refresh(entry, stale!.patience, signal);
    }
    return fly(name, type, false, signal);
  }

  return {
    // What is kept under a type is an answer of that type.
    resolve: resolve as Resolver['resolve'],
    get bytes() {
      return entries.bytes;
    },
    clear: () => entries.clear(),
  };
}

/** The signatures that proved it may have run out with it: nothing is said of them any more. */
function staleAnswer(answer: HeldAnswer): Answer {
  return answer.status === 'found'
    ? { status: 'found', records: answer.records, ttl: staleTtl, stale: true }
    : { status: answer.status, ttl: staleTtl, stale: true };
}

/** For how many seconds an answer is kept. */
function clamps(options: CacheOptions): (answer: Answer) => number {
  const { minTtl = 0, maxTtl = 86_400, minNegativeTtl = 0, maxNegativeTtl = 3_600, failureTtl = 1 } = options;
  return (answer) => {
    if (answer.status === 'found') return Math.min(Math.max(answer.ttl, minTtl), maxTtl);
    if (answer.status !== 'failed') return Math.min(Math.max(answer.ttl, minNegativeTtl), maxNegativeTtl);
    // What the caller did to it says nothing about the next one.
    return answer.reason === 'aborted' || answer.reason === 'bad-name' ? 0 : failureTtl;
  };
}
