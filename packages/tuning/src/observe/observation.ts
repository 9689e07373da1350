/** Counts of a queue by several keys, as `postern queue summary --json` prints them. */
export interface QueueSummary {
  readonly total: number;
  readonly byQueue: Readonly<Record<string, number>>;
  /** The empty sender is `MAILER-DAEMON`. */
  readonly bySender: Readonly<Record<string, number>>;
  readonly byRecipientDomain: Readonly<Record<string, number>>;
  readonly byReason: Readonly<Record<string, number>>;
  /** By age in minutes, as powers of two: `<5`, `<10`, `<20` … */
  readonly byAge: Readonly<Record<string, number>>;
}

/** What the log says of the time that it covers. */
export interface LogRates {
  /** Seconds from its first line to its last. */
  readonly seconds: number;
  readonly connections: number;
  /** Connections a second in the busiest minute. */
  readonly peakPerSecond: number;
  /** From connect to disconnect, mean, in seconds. */
  readonly sessionSeconds: number;
  /** How far the mean may be off: many logs tell whole seconds only. */
  readonly sessionError?: number;
  readonly received: number;
  readonly rejected: number;
  readonly sent: number;
  readonly deferred: number;
  readonly bounced: number;
  /** Deliveries that DNS kept from being made. */
  readonly dnsFailures: number;
  readonly timeouts: number;
  readonly unknownRecipients: number;
  /** Deliveries by relay: how many, their mean time from connect to the last reply, and how far that may be off. */
  readonly relays: Readonly<
    Record<string, { readonly deliveries: number; readonly seconds: number; readonly error?: number }>
  >;
}

/** What was seen of the mail itself. */
export interface Observation {
  readonly queue?: QueueSummary;
  readonly log?: LogRates;
}
