import type { Answer, RecordType } from '@postern/dns';
import type { Range, SpfProblemCode } from '../syntax/problem.ts';

/** The results of RFC 7208 section 2.6. */
export type SpfVerdict = 'pass' | 'fail' | 'softfail' | 'neutral' | 'none' | 'temperror' | 'permerror';

/** Why a check ended in none, temperror or permerror. */
export type SpfErrorCode =
  /** temperror: the client's address cannot be read. */
  | 'bad-client-address'
  /** none: the identity has no usable domain (RFC 7208 section 4.3). */
  | 'bad-domain'
  /** none: the domain publishes no SPF record (section 4.5). */
  | 'no-record'
  /** permerror: the domain publishes more than one SPF record (section 4.5). */
  | 'multiple-records'
  /** permerror: the record cannot be read (section 4.6); `problem` says where. */
  | 'syntax'
  /** permerror: more terms than `limits.lookups` cause DNS lookups (section 4.6.4). */
  | 'lookup-limit'
  /** permerror: more terms than `limits.void` lead to nothing in DNS (section 4.6.4). */
  | 'void-limit'
  /** permerror: an mx term has more than `limits.mx` hosts (section 4.6.4). */
  | 'mx-limit'
  /** permerror: an include or a redirect leads to a domain without an SPF record (sections 5.2 and 6.1). */
  | 'target-without-record'
  /** permerror: an include or a redirect leads to a name that is no domain. */
  | 'bad-target'
  /** temperror: DNS did not answer (sections 4.4 and 5). */
  | 'dns'
  /** temperror: the check took longer than `limits.time` (section 4.6.4). */
  | 'time-limit'
  /** temperror: the caller's signal was aborted. */
  | 'aborted';

/** What kept a record from giving an answer, and where. */
export interface SpfFault {
  readonly code: SpfErrorCode;
  readonly message: string;
  /** Whose record it happened in. */
  readonly domain: string;
  readonly term?: string;
  /** For `syntax`: the first problem of the record. */
  readonly problem?: { readonly code: SpfProblemCode; readonly range: Range };
}

/** One DNS question and its answer. */
export interface SpfLookup {
  readonly name: string;
  readonly type: RecordType;
  readonly answer: Answer;
  /** How long the answer took, in milliseconds; 0 where it was known at once. */
  readonly ms: number;
}

/** One term of a record, what it came to and what it cost. */
export interface SpfTermTrace {
  /** As it stands in the record. */
  readonly term: string;
  readonly outcome: 'match' | 'no-match' | 'error' | 'followed' | 'not-reached';
  /** The name asked for, macros expanded; null for a term without one, or where no name came of it. */
  readonly target: string | null;
  /** What the term itself adds to the ten lookups; an included record's terms count their own. */
  readonly counted: number;
  /** Whether the term led to nothing in DNS and counts as a void lookup. */
  readonly void: boolean;
  readonly lookups: readonly SpfLookup[];
  /** The record that an include or a redirect leads to. */
  readonly inner: SpfTrace | null;
}

/** The evaluation of one domain's record: every term, in the order of the record. */
export interface SpfTrace {
  readonly domain: string;
  /** The SPF record, or null where there is none. */
  readonly record: string | null;
  /** The TXT lookup that led to it; null where none was made. */
  readonly lookup: SpfLookup | null;
  readonly terms: readonly SpfTermTrace[];
  /** The lookups for the explanation; they count towards no limit (RFC 7208 section 6.2). */
  readonly explanation: readonly SpfLookup[];
  readonly result: SpfVerdict;
  readonly error: SpfFault | null;
}

/** Which term decided: in whose record, and inside an include what matched there. */
export interface SpfMatch {
  readonly domain: string;
  readonly term: string;
  readonly inner: SpfMatch | null;
}
