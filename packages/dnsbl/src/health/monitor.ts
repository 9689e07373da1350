import type { Resolver } from '@postern/dns';
import type { ErrorReason } from '../registry/dns-list.ts';
import type { Decoded } from '../zone/decode.ts';
import type { Zone } from '../zone/zone.ts';
import { ZoneCounters } from './counters.ts';
import type { HealthOptions, HealthState, Refusal, SharedHealth, ZoneHealth } from './health.ts';
import { probeZone, type ProbeResult } from './probe.ts';

/** Error answers that tell more about the list or the resolver than about what was asked for. */
const suspicious: ReadonlySet<ErrorReason> = new Set([
  'open-resolver',
  'volume',
  'typo',
  'not-registered',
  'blocked',
  'out-of-range',
  'parked',
]);

/** What opens a circuit by answers that caches may have kept; silence leaves nothing behind. */
const wrongAnswers: ReadonlySet<ErrorReason> = new Set([...suspicious, 'lists-the-world']);

/** Test points are not asked more often than this on mere suspicion, in ms. */
const suspicionGap = 5000;

/**
 * Watches over one list: it asks for the test points on a schedule and on suspicion, and keeps a circuit breaker.
 *
 *     closed ── test points wrong, or `failures` in a row ──► open ── test points right ──► closed
 *                                                              └─ wrong again: wait twice as long
 */
export class ZoneMonitor {
  readonly zone: Zone;
  readonly #resolver: Resolver;
  readonly #decode: (records: readonly string[]) => Decoded;
  readonly #options: Required<HealthOptions> | undefined;
  readonly #onOpen: (reason: ErrorReason) => void;
  readonly counters: ZoneCounters;

  #state: HealthState = 'unknown';
  #since = Date.now();
  #trouble: { reason: ErrorReason; meaning: string } | undefined;
  #open = false;
  #opened = 0;
  #retryAt: number | undefined;
  #retryDelay = 0;
  #probedAt: number | undefined;
  #probing: Promise<void> | undefined;
  #suspectedAt = -Infinity;
  #seenListed = false;
  #failures = 0;
  #listings = 0;
  /** Of answers with records, in seconds. */
  #longestTtl = 0;
  #doubtUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(
    zone: Zone,
    resolver: Resolver,
    decode: (records: readonly string[]) => Decoded,
    options: Required<HealthOptions> | undefined,
    onOpen: (reason: ErrorReason) => void,
  ) {
    this.zone = zone;
    this.#resolver = resolver;
    this.#decode = decode;
    this.#options = options;
    this.#onOpen = onOpen;
    this.counters = new ZoneCounters(zone.queriesADay);
    if (zone.refusal) {
      this.#state = 'failing';
      this.#trouble = zone.refusal;
    }
  }

  /** Why the list must not be asked now; undefined when it may be. */
  refusal(now: number): Refusal | undefined {
    if (this.zone.refusal) return { ...this.zone.refusal, until: Infinity };
    if (this.#open) return { ...this.#trouble!, until: this.#retryAt ?? now };
    const until = this.counters.quota.exhaustedUntil(now);
    if (until === undefined) return undefined;
    const meaning = `the ${this.zone.queriesADay} queries a day that it allows are used up`;
    return { reason: 'quota', meaning, until };
  }

  /** The test points being asked for, so that a listing can wait until it is known to be worth something. */
  pending(): Promise<void> | undefined {
    if (this.#probedAt === undefined && this.#options !== undefined && !this.zone.refusal)
      return this.probe();
    return this.#probing;
  }

  /**
   * Takes note of an answer that says whether something is listed, and asks for the test points after many listings in a
   * row.
   *
   * @param fresh  whether the list has said so now; what a cache says tells nothing about how it is
   */
  answered(status: 'listed' | 'allowed' | 'clean', fresh: boolean): void {
    if (!fresh) return;
    this.#failures = 0;
    this.#listings = status === 'clean' ? 0 : this.#listings + 1;
    if (this.#options !== undefined && this.#listings >= this.#options.listings) {
      this.#listings = 0;
      this.#suspect();
    }
  }

  /** Takes note of how long an answer with records may be kept. @param ttl in seconds */
  found(ttl: number): void {
    if (ttl > this.#longestTtl) this.#longestTtl = ttl;
  }

  /**
   * Whether answers that caches keep may be from when the list could not be trusted: for as long after the circuit has
   * closed as such an answer is kept.
   */
  doubtsKept(): boolean {
    return this.#doubtUntil > 0 && Date.now() < this.#doubtUntil;
  }

  /** Takes note of an answer that is an error, or of none. */
  failed(reason: ErrorReason, meaning: string, fresh: boolean): void {
    if (this.#options === undefined || reason === 'aborted') return;
    if (fresh) this.#failures++;
    if (this.#failures >= this.#options.failures && !this.#open) this.#trip(reason, meaning);
    else if (suspicious.has(reason)) this.#suspect();
  }

  /** Asks for the test points now; calls while they are being asked for share one round. */
  probe(): Promise<void> {
    if (this.zone.refusal) return Promise.resolve();
    this.#probing ??= this.#runProbe().finally(() => (this.#probing = undefined));
    return this.#probing;
  }

  /** What other machines may know. */
  share(): SharedHealth | undefined {
    if (this.#probedAt === undefined || this.zone.refusal) return undefined;
    return { state: this.#state, ...this.#trouble, at: this.#probedAt };
  }

  /** Believes another machine that has asked for the test points more recently. */
  adopt(shared: SharedHealth): void {
    if (this.zone.refusal || this.#options === undefined || shared.at <= (this.#probedAt ?? 0)) return;
    this.#probedAt = shared.at;
    if (shared.state === 'healthy') this.#settle({ ok: true, listed: undefined });
    else if (shared.reason !== undefined && shared.reason !== 'empty') {
      this.#settle({ ok: false, reason: shared.reason, meaning: shared.meaning ?? '' });
    }
  }

  read(now: number): ZoneHealth {
    const spent = this.counters.quota.exhaustedUntil(now) !== undefined;
    return {
      zone: this.zone.name,
      state: spent ? 'quota' : this.#state,
      circuit: this.#open || spent || this.zone.refusal ? 'open' : 'closed',
      ...(this.#trouble && { reason: this.#trouble.reason, meaning: this.#trouble.meaning }),
      since: this.#since,
      ...(this.#probedAt !== undefined && { probedAt: this.#probedAt }),
      ...(this.#retryAt !== undefined && { retryAt: this.#retryAt }),
      ...(this.zone.queriesADay !== undefined && { queriesADay: this.zone.queriesADay }),
      opened: this.#opened,
      ...this.counters.read(now),
    };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #runProbe(): Promise<void> {
    const start = performance.now();
    let result: ProbeResult;
    try {
      result = await probeZone(this.zone, this.#resolver, this.#decode);
    } catch (error) {
      // A resolver that breaks its promise never to throw is as good as none.
      result = { ok: false, reason: 'failed', meaning: `the resolver failed: ${String(error)}` };
    }
    const now = Date.now();
    this.counters.sent(performance.now() - start, now);
    this.#probedAt = now;
    this.#settle(result);
  }

  #settle(result: ProbeResult): void {
    if (!result.ok) {
      this.#trip(result.reason, result.meaning);
      return;
    }
    const vanished = result.listed === false;
    if (result.listed === true) this.#seenListed = true;
    if (vanished && this.#seenListed) {
      this.#trip('empty', 'does not list its test point any more: it is empty or gone');
      return;
    }
    if (this.#open && wrongAnswers.has(this.#trouble!.reason))
      this.#doubtUntil = Date.now() + this.#longestTtl * 1000;
    this.#open = false;
    this.#retryAt = undefined;
    this.#retryDelay = 0;
    this.#failures = 0;
    this.#trouble = vanished
      ? {
          reason: 'empty',
          meaning: 'does not list its test point: it is empty, gone, or keeps to no standard',
        }
      : undefined;
    this.#enter(vanished ? 'failing' : 'healthy');
    if (this.#options) {
      const { interval, jitter } = this.#options;
      this.#schedule(vary(interval, jitter));
    }
  }

  #trip(reason: ErrorReason, meaning: string): void {
    if (!this.#open) {
      this.#open = true;
      this.#opened++;
      this.#onOpen(reason);
    }
    this.#trouble = { reason, meaning };
    if (reason === 'lists-the-world') this.#enter('lists-the-world');
    else this.#enter(reason === 'volume' ? 'quota' : 'failing');
    if (this.#options === undefined) return;
    const { firstRetry, longestRetry, jitter } = this.#options;
    this.#retryDelay = Math.min(longestRetry, this.#retryDelay === 0 ? firstRetry : this.#retryDelay * 2);
    const wait = vary(this.#retryDelay, jitter);
    this.#retryAt = Date.now() + wait;
    this.#schedule(wait);
  }

  #suspect(): void {
    const now = Date.now();
    if (this.#open || now - this.#suspectedAt < suspicionGap) return;
    this.#suspectedAt = now;
    void this.probe();
  }

  #enter(state: HealthState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#since = Date.now();
  }

  #schedule(wait: number): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.probe(), wait);
    // Watching over a list is no reason for a program to stay.
    this.#timer.unref?.();
  }
}

function vary(ms: number, jitter: number): number {
  return ms * (1 - jitter + 2 * jitter * Math.random());
}
