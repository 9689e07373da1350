/** What one check may cost (RFC 7208 section 4.6.4). The defaults are the RFC's. */
export interface SpfLimits {
  /** Terms that cause DNS lookups. Default 10. */
  readonly lookups: number;
  /** Terms whose lookup finds no name or no record. Default 2. */
  readonly void: number;
  /** Hosts of one mx term that are looked up. Default 10; more are a permerror. */
  readonly mx: number;
  /** Names of the client's address that are looked up. Default 10; more are passed over. */
  readonly ptr: number;
  /** The whole check, in milliseconds. Default 20 000, the least the RFC wants allowed. */
  readonly time: number;
  /**
   * Leaves an `a` term out of the void count where an IPv6 client meets a host that exists and has no AAAA
   * record. The RFC counts it, so records made for IPv4 alone can become permerrors for IPv6 clients.
   * Default false; a check that made use of it says so in `warnings`.
   */
  readonly lenientVoid: boolean;
}

export const defaultLimits: SpfLimits = {
  lookups: 10,
  void: 2,
  mx: 10,
  ptr: 10,
  time: 20_000,
  lenientVoid: false,
};
