import type { ErrorReason } from '../registry/dns-list.ts';
import type { Problem } from '../subject/problem.ts';

/** What one list says. An error is never a listing and never clean. Plain JSON data. */
export type Verdict = ListingVerdict | ErrorVerdict;

export interface ListingVerdict {
  readonly zone: string;
  /** `clean` also when it has an answer that neither blocks nor allows; `codes` and `meaning` then tell which. */
  readonly status: 'listed' | 'allowed' | 'clean';
  /** Its A records. */
  readonly codes: readonly string[];
  /** What they mean, by the registry. */
  readonly meaning: string;
  /** The list's own words, from its TXT records. */
  readonly reason: string;
  /** What it adds to the score. */
  readonly weight: number;
}

export interface ErrorVerdict {
  readonly zone: string;
  readonly status: 'error';
  /** The records that made it an error, if there were any. */
  readonly codes: readonly string[];
  /** What happened, in words. */
  readonly meaning: string;
  readonly reason: ErrorReason;
  /** Always 0. */
  readonly weight: number;
}

/** What all lists say about an address. Plain JSON data. */
export interface CheckResult {
  readonly address: string;
  /** One a list that holds such addresses, in the order in which the lists were given. */
  readonly verdicts: readonly Verdict[];
  /** The sum of their weights. */
  readonly score: number;
  /** Why nothing was asked. */
  readonly problem?: Problem;
}

/** What all lists say about a domain. Plain JSON data. */
export interface DomainResult {
  readonly domain: string;
  readonly verdicts: readonly Verdict[];
  readonly score: number;
  readonly problem?: Problem;
}
