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

/** Why there is no answer. A failure is never "does not exist". */
export type FailureReason =
  | 'servfail'
  | 'refused'
  | 'formerr'
  | 'notimp'
  | 'timeout'
  | 'network'
  | 'malformed'
  | 'truncated'
  | 'cname-loop'
  | 'bad-name'
  | 'aborted';

/** What a lookup came to. DNS failure is data, never an exception. `ttl` is in seconds. */
export type Answer<T extends RecordType = RecordType> =
  | { readonly status: 'found'; readonly records: readonly RecordData[T][]; readonly ttl: number }
  | { readonly status: 'nodata' | 'nxdomain'; readonly ttl: number }
  | { readonly status: 'failed'; readonly reason: FailureReason; readonly detail?: string };

export interface ResolveOptions {
  readonly signal?: AbortSignal;
}

/** Anything that looks names up. A cached answer comes at once, without a promise. */
export interface Resolver {
  resolve<T extends RecordType>(
    name: string,
    type: T,
    options?: ResolveOptions,
  ): Answer<T> | Promise<Answer<T>>;
}
