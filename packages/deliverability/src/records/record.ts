/** A DNS record to publish. Plain JSON data. */
export interface DnsRecord {
  /** The owner name without the final dot. */
  readonly name: string;
  readonly type: 'TXT' | 'MX' | 'CAA' | 'TLSA' | 'PTR' | 'A' | 'AAAA' | 'CNAME';
  /** In presentation form; for TXT the whole text, which is split where it is printed. */
  readonly value: string;
  /** Seconds. */
  readonly ttl: number;
}

/** A file to put somewhere else than into DNS: a policy, a private key. */
export interface RecordFile {
  /** Where it goes: a path or an URL. */
  readonly path: string;
  readonly content: string;
  /** Not to be shown, logged or committed. */
  readonly secret?: true;
}

export const defaultTtl = 3600;
