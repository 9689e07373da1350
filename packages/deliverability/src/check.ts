/** What a check is about. Each topic is one heading of a report. */
export type Topic =
  | 'mx'
  | 'reverse-dns'
  | 'helo'
  | 'spf'
  | 'dkim'
  | 'dmarc'
  | 'mta-sts'
  | 'tls-reporting'
  | 'dane'
  | 'bimi'
  | 'caa'
  | 'lists'
  | 'ports'
  | 'tls'
  | 'bulk-senders';

/**
 * `fail`: mail is refused, lost or open to forgery because of it. `warning`: some receivers mind, or it will break.
 * `pass`: as it should be. `info`: worth knowing, nothing to do. `unknown`: it cannot be seen from here.
 */
export type CheckStatus = 'pass' | 'warning' | 'fail' | 'unknown' | 'info';

/** One thing that was looked at, with what was seen. Plain JSON data. */
export interface Check {
  /** A stable name, for example `dmarc-policy`. */
  readonly id: string;
  readonly topic: Topic;
  readonly status: CheckStatus;
  /** What is so, in a sentence. */
  readonly message: string;
  /** The records, replies and lookups that show it. Strangers' text, with control characters taken out. */
  readonly evidence: readonly string[];
  /** What to do; for `unknown`, how to see it. */
  readonly advice?: string;
  /** Where the demand comes from: an RFC's section, a receiver's rules. */
  readonly source: string;
}

/**
 * The worst status of some checks: fail, then warning, then unknown; pass for none of these. The bulk-sender rules
 * repeat what other checks say, and some of them can never be seen from outside: they do not count.
 */
export function worstStatus(checks: readonly Check[]): 'pass' | 'warning' | 'fail' | 'unknown' {
  for (const status of ['fail', 'warning', 'unknown'] as const) {
    if (checks.some((check) => check.status === status && check.topic !== 'bulk-senders')) return status;
  }
  return 'pass';
}

/** A longer text than this in evidence is cut: a record or a reply of reasonable size fits. */
const longestEvidence = 600;

// oxlint-disable-next-line no-control-regex -- terminals obey these, and some turn the direction of text
const unprintable = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u2028-\u202E\u2066-\u2069]+/g;

/** A stranger's text for evidence: one line, no control characters, of bounded length. */
export function quoteEvidence(text: string, longest: number = longestEvidence): string {
  const clean = text.replaceAll(unprintable, ' ').trim();
  return clean.length > longest ? `${clean.slice(0, longest)}… (${clean.length} characters)` : clean;
}
