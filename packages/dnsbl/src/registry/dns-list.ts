/** What an answer code says about the address or domain that was asked for. */
export type Effect = 'block' | 'allow' | 'neutral' | 'error';

/**
 * Why a list gave no verdict. The last ones keep a query from being sent at all.
 */
export type ErrorReason =
  /** The list refuses public, open or unattributable resolvers. */
  | 'open-resolver'
  /** The list says that this resolver asks too much. */
  | 'volume'
  /** The name that was asked is not one of the operator's zones. */
  | 'typo'
  /** The list does not know this resolver or key. */
  | 'not-registered'
  /** A list of domains was asked about an address. */
  | 'address-query'
  /** The list has answered on purpose that it will not serve this resolver. */
  | 'blocked'
  /** The name servers answered REFUSED; a keyed service does so when it is switched off. */
  | 'refused'
  /** SERVFAIL, or another failure of the resolver or the network. */
  | 'failed'
  | 'timeout'
  /** The answer is none of the list's codes. */
  | 'out-of-range'
  /** The answer lies outside 127.0.0.0/8: the domain was lost to somebody who parks it, or the resolver lies. */
  | 'parked'
  /** The list lists its negative test point: it lists everything. */
  | 'lists-the-world'
  /** The list does not list its positive test point: it is empty or not there any more. */
  | 'empty'
  /** Not asked: the daily number of queries is used up. */
  | 'quota'
  /** Not asked: the call was aborted or its time is over. */
  | 'aborted'
  /** Not asked: the list was shut down. */
  | 'dead'
  /** Not asked: the name is no domain name or looks like a misspelt one. */
  | 'bad-zone';

export interface CodeMeaning {
  readonly meaning: string;
  readonly effect: Effect;
  /** With effect `error`: why. */
  readonly reason?: ErrorReason;
}

/**
 * What the answers mean, by reply filter: `{ '127.0.0.2': 'spam source', '127.0.0.[10;11]': { … } }`. A text alone
 * has the effect of the list's kind. Where two filters match, the first one counts.
 */
export type Codes = Readonly<Record<string, string | CodeMeaning>>;

/** Answers whose last octet is a sum of bits. */
export interface BitCodes {
  /** Meaning by bit value: 1, 2, 4 … 128. */
  readonly bits: Readonly<Record<number, string | CodeMeaning>>;
}

/** What must and must not be listed when the list is well. */
export interface TestPoints {
  readonly listed: string;
  /** `null` where the list lists even that. */
  readonly unlisted: string | null;
}

export interface Terms {
  /** Whether the list answers everybody, registered resolvers, or holders of a key. */
  readonly access: 'open' | 'registration' | 'key';
  /** Queries a day that are free, where the operator names a number. */
  readonly queriesADay?: number;
  readonly note?: string;
  readonly url?: string;
}

/** A list that an operator keeps. Plain JSON data. */
export interface DnsList {
  readonly id: string;
  readonly name: string;
  readonly operator: string;
  /** Where to ask. For a list that answers only with a key this is the name behind the key. */
  readonly zone: string;
  /** The form with a key: `{key}` stands for it. */
  readonly keyed?: string;
  /** What is looked up in it. */
  readonly of: readonly ('address' | 'domain')[];
  /** Whether it answers for IPv6 addresses. */
  readonly ipv6: boolean;
  readonly kind: 'block' | 'allow' | 'mixed';
  readonly codes: Codes;
  readonly bits?: BitCodes;
  /** The reply filter under which Postfix should trust it: every code to act on, none that is an error. */
  readonly filter: string;
  /** How much its codes say, for scoring; `[filter, weight]`, in the manner of postscreen_dnsbl_sites. */
  readonly weights: readonly (readonly [filter: string, weight: number])[];
  readonly testPoints: {
    readonly ipv4?: TestPoints;
    readonly ipv6?: TestPoints;
    readonly domain?: TestPoints;
  };
  readonly terms: Terms;
  /** Where this entry was taken from. */
  readonly source: string;
}

/** A list that must not be asked any more. Plain JSON data. */
export interface DeadList {
  readonly name: string;
  /** The zone; every name below it is dead too. */
  readonly zone: string;
  /**
   * `shut-down`: the operator ended it. `wildcarded`: it (or whoever holds the domain now) answers for every
   * address, so all mail is refused. `merged`: its data lives on elsewhere.
   */
  readonly fate: 'shut-down' | 'wildcarded' | 'merged';
  /** When, as exactly as is known: `2024-06-05`, `2025-01`, `2013`. */
  readonly since?: string;
  /** What to use instead, where there is one thing. */
  readonly instead?: string;
  readonly source: string;
}
