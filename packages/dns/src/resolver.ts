/** The shape of one record's data, by type. Names are lower-case A-labels without the final dot. */
export interface RecordData {
  A: string;
  AAAA: string;
  PTR: string;
  CNAME: string;
  NS: string;
  MX: { readonly preference: number; readonly exchange: string };
  /** The character-strings of one record, in order. Bytes above 127 are kept one to one (latin1). */
  TXT: readonly string[];
  SOA: {
    readonly primary: string;
    readonly admin: string;
    readonly serial: number;
    readonly refresh: number;
    readonly retry: number;
    readonly expire: number;
    readonly minimum: number;
  };
  TLSA: {
    readonly usage: number;
    readonly selector: number;
    readonly matching: number;
    /** Certificate association data, lower-case hexadecimal. */
    readonly data: string;
  };
  CAA: { readonly flags: number; readonly tag: string; readonly value: string };
}

export type RecordType = keyof RecordData;

/**
 * Why there is no answer. A failure is never "does not exist". `servfail`, `refused`, `formerr` and `notimp` are
 * the server's own words; `malformed` is an answer that breaks the protocol, `truncated` one that is not whole even
 * over TCP, `lame` a referral from a server that should have answered.
 */
export type FailureReason =
  | 'servfail'
  | 'refused'
  | 'formerr'
  | 'notimp'
  | 'timeout'
  | 'network'
  | 'malformed'
  | 'truncated'
  | 'lame'
  | 'cname-loop'
  | 'bad-name'
  | 'aborted';

/**
 * What a lookup came to. DNS failure is data, never an exception.
 *
 * `ttl` is in whole seconds from now, 0 where nothing says how long it holds. `stale` marks an answer that has run out
 * and is given because no fresh one could be had (RFC 8767). `authenticated` is the server's word that DNSSEC proves
 * the answer and the aliases to it (the AD bit, RFC 6840 section 5.8): worth as much as the server and the path to it,
 * and never there for an answer out of a shared store. `detail` is for people: which server said what.
 */
export type Answer<T extends RecordType = RecordType> =
  | {
      readonly status: 'found';
      readonly records: readonly RecordData[T][];
      readonly ttl: number;
      readonly stale?: true;
      readonly authenticated?: true;
    }
  | {
      readonly status: 'nodata' | 'nxdomain';
      readonly ttl: number;
      readonly stale?: true;
      readonly authenticated?: true;
    }
  | { readonly status: 'failed'; readonly reason: FailureReason; readonly detail?: string };

export interface ResolveOptions {
  /** Ends this caller's wait with `aborted`; others who wait for the same answer still get it. */
  readonly signal?: AbortSignal;
  /**
   * Asks anew even where an answer is kept, here or in a shared store; the new answer takes its place. What the
   * servers that are asked keep themselves is theirs.
   */
  readonly fresh?: boolean;
}

/** Anything that looks names up. A cached answer comes at once, without a promise. Never throws, never rejects. */
export interface Resolver {
  /**
   * @param name  U-labels and A-labels in any case, with or without the final dot; a dot or a backslash inside a
   *   label is written `\.` or `\\`, any other byte may be `\DDD`
   * @param type  CNAMEs are followed for every type but CNAME itself
   */
  resolve<T extends RecordType>(
    name: string,
    type: T,
    options?: ResolveOptions,
  ): Answer<T> | Promise<Answer<T>>;
}

/** A resolver that holds sockets, timers or connections until it is closed. */
export interface ClosableResolver extends Resolver, AsyncDisposable {
  /** Ends every lookup under way with `aborted` and gives everything back. */
  close(): Promise<void>;
}
