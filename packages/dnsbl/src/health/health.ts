import type { ErrorReason } from '../registry/dns-list.ts';
import type { Decoded } from '../zone/decode.ts';
import type { Latency } from './latency.ts';

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
