import type { Change } from './change.ts';

/** A place in a file: line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `error`: mail is lost, let through or exposed; `warning`: it should be changed; `note`: worth knowing. */
export type Level = 'error' | 'warning' | 'note';

/** Something that is wrong or worth knowing, with the place, the source and what mends it. Plain JSON data. */
export interface Finding {
  /** The rule's id, for example `dnsbl-without-filter`. */
  readonly rule: string;
  readonly level: Level;
  /** What is wrong here, in one sentence. */
  readonly message: string;
  readonly at?: Place;
  /** The Postfix versions it applies to, for example `>=2.10`, `<3.9` or `all`. */
  readonly versions: string;
  /** Where it is written down: postconf(5) entry, RFC section, README. */
  readonly source: string;
  readonly confidence: 'certain' | 'likely' | 'unknown';
  readonly fix?: readonly Change[];
}
