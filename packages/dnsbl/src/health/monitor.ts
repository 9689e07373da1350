import type { Resolver } from '@postern/dns';
import type { ErrorReason } from '../registry/dns-list.ts';
import type { Decoded } from '../zone/decode.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { Zone } from '../zone/zone.ts';
import { LatencyHistogram, type Latency } from './latency.ts';
import { probeZone, type ProbeResult } from './probe.ts';
import { QueryQuota } from './quota.ts';

export interface HealthOptions {
  /** Time between two rounds of test points of a list that is well, in ms (600 000). */
  readonly interval?: number;
  /** How far that time varies, as a share, so that machines do not ask in step (0.2). */
  readonly jitter?: number;
  /** Failures in a row that open the circuit (5). */
  readonly failures?: number;
  /** Listings in a row, without a clean answer, after which the test points are asked at once (20). */
  readonly listings?: number;
  /** Time to the first new attempt after the circuit opened, in ms (1000); it doubles up to `longestRetry`. */
  readonly firstRetry?: number;
  /** In ms (60 000). */
  readonly longestRetry?: number;
}

export type HealthState = 'unknown' | 'healthy' | 'failing' | 'lists-the-world' | 'quota';

/** How one list does. Plain JSON data. */
export interface ZoneHealth {
  readonly zone: string;
  readonly state: HealthState;
  /** While it is open no query is sent and every verdict is `error`; only test points are tried. */
  readonly circuit: 'closed' | 'open';
  /** Why it is not healthy. */
  readonly reason?: ErrorReason;
  readonly meaning?: string;
  /** Since when it is in this state, in ms since 1970. */
  readonly since: number;
  /** When the test points were last answered, and when they are tried again. */
  readonly probedAt?: number;
  readonly retryAt?: number;
  /** Queries that left this process; answers from a cache are not counted. */
  readonly queries: number;
  /** Queries today (UTC), of all machines that share a store, and how many there may be. */
  readonly queriesToday: number;
  readonly queriesADay?: number;
  readonly verdicts: Readonly<Record<Decoded['status'], number>>;
  readonly errors: Readonly<Partial<Record<ErrorReason, number>>>;
  /** How often the circuit has opened. */
  readonly opened: number;
  readonly latency: Latency;
}

/** What machines that share a store tell each other about a list. */
export interface SharedHealth {
  readonly state: HealthState;
  readonly reason?: ErrorReason;
  readonly meaning?: string;
  /** When the test points were answered, in ms since 1970. */
  readonly at: number;
}

export interface Refusal {
  readonly reason: ErrorReason;
  readonly meaning: string;
  /** When it is worth asking again, in ms since 1970; Infinity for never. */
  readonly until: number;
}

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
  readonly quota: QueryQuota;
  readonly #latency = new LatencyHistogram();
  readonly #verdicts = { listed: 0, allowed: 0, clean: 0, error: 0 };
  readonly #errors: Partial<Record<ErrorReason, number>> = {};

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
  #queries = 0;
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
    this.quota = new QueryQuota(zone.queriesADay);
    if (zone.refusal) {
      this.#state = 'failing';
      this.#trouble = zone.refusal;
    }
  }

  /** Why the list must not be asked now; undefined when it may be. */
  refusal(now: number): Refusal | undefined {
    if (this.zone.refusal) return { ...this.zone.refusal, until: Infinity };
    if (this.#open) return { ...this.#trouble!, until: this.#retryAt ?? now };
    const until = this.quota.exhaustedUntil(now);
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

  /** Takes note of a query that was sent. @param ms how long its answer took */
  sent(ms: number, now: number): void {
    this.#queries++;
    this.quota.count(now);
    this.#latency.add(ms);
  }

  /** Takes note of a verdict that was given. */
  count(verdict: Verdict): void {
    this.#verdicts[verdict.status]++;
    if (verdict.status === 'error') this.#errors[verdict.reason] = (this.#errors[verdict.reason] ?? 0) + 1;
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
    const spent = this.quota.exhaustedUntil(now) !== undefined;
    return {
      zone: this.zone.name,
      state: spent ? 'quota' : this.#state,
      circuit: this.#open || spent || this.zone.refusal ? 'open' : 'closed',
      ...(this.#trouble && { reason: this.#trouble.reason, meaning: this.#trouble.meaning }),
      since: this.#since,
      ...(this.#probedAt !== undefined && { probedAt: this.#probedAt }),
      ...(this.#retryAt !== undefined && { retryAt: this.#retryAt }),
      queries: this.#queries,
      queriesToday: this.quota.used(now),
      ...(this.zone.queriesADay !== undefined && { queriesADay: this.zone.queriesADay }),
      verdicts: { ...this.#verdicts },
      errors: { ...this.#errors },
      opened: this.#opened,
      latency: this.#latency.read(),
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
    this.sent(performance.now() - start, now);
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
