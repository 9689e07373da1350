/** What a host is asked to do: measured or read from the log, never guessed. Everything is optional; what is missing is not tuned. */
export interface Workload {
  /** At the peak. */
  readonly inbound?: {
    readonly connectionsPerSecond: number;
    /** From connect to disconnect, mean. */
    readonly sessionSeconds: number;
    /** How far that may be off, in seconds; 0 where left out. Bounds count with the shorter time. */
    readonly sessionError?: number;
    /** 1 where left out. */
    readonly messagesPerSession?: number;
    /** Share of connections that end without a message being taken, 0 to 1. */
    readonly rejectedShare?: number;
  };
  readonly destinations?: readonly Destination[];
  readonly filters?: readonly Filter[];
  readonly commit?: CommitLatency;
  /** CPU time of one relayed message through all of Postfix; 4.3 ms where it is not measured. */
  readonly cpuSecondsPerMessage?: number;
  /** Share of bounces (empty sender) in the deferred queue, 0 to 1. */
  readonly nullSenderShare?: number;
  /** Whether the incoming queue grows while the active queue has room. */
  readonly incomingGrows?: boolean;
}

/** Where much of the mail goes. */
export interface Destination {
  readonly nexthop: string;
  /** The master.cf service that delivers there; `smtp` by default. */
  readonly transport?: string;
  /** What should be delivered there. */
  readonly messagesPerSecond: number;
  /** One delivery, mean. */
  readonly deliverySeconds: number;
  /** How far that may be off, in seconds; 0 where left out. */
  readonly deliveryError?: number;
  /** Whether it is yours, or has agreed to more than 20 connections at once. */
  readonly own?: boolean;
}

/** What another program takes of each message. */
export interface Filter {
  readonly name: string;
  readonly kind: 'policy' | 'milter' | 'proxy-filter' | 'content-filter';
  /** How long a message waits for it. */
  readonly seconds: number;
  readonly cpuSeconds?: number;
}

/** What fsync costs in the queue's file system, in seconds. */
export interface CommitLatency {
  readonly p50: number;
  readonly p99?: number;
  /** Commits a second of many writers at once, and how many there were (8 where left out). */
  readonly groupedPerSecond?: number;
  readonly groupedWriters?: number;
  /** What Postfix's own fsstone(1) takes for a message: create, commit, rename and remove, mean. */
  readonly fsstoneSeconds?: number;
  readonly method: string;
}

/** CPU time of one message that is taken, queued and relayed, measured with Postfix 3.7.11. */
export const usualCpuSeconds = 0.0043;
