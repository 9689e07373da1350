import type { Stage } from './transaction.ts';

export interface Reply {
  readonly code: number;
  /** The enhanced status code, for example `5.7.1`; empty where smtpd gives none. */
  readonly enhanced: string;
  readonly text: string;
}

/**
 * What becomes of the transaction: `accept` (for at least one recipient), `reject` and `defer` by the first digit of the
 * reply, `discard` when it is accepted and thrown away, `unknown` when that hangs on what is not known.
 */
export type Outcome = 'accept' | 'reject' | 'defer' | 'discard' | 'unknown';

/** A place in the configuration. */
export interface Place {
  /** `main.cf`, `master.cf`, or the path of a table; null where only the version's default says so. */
  readonly file: string | null;
  readonly line: number | null;
}

/** What decided: a restriction in a list, or a parameter that acts by itself (then `list` is its name). */
export interface DecidedBy extends Place {
  readonly list: string;
  readonly restriction: string;
  /** What follows the restriction's name. */
  readonly argument?: string | undefined;
}

/** One step on the way to the reply. */
export interface Step extends Place {
  readonly stage: Stage;
  readonly list: string;
  readonly restriction: string;
  readonly argument?: string | undefined;
  readonly recipient?: string | undefined;
  /** `warning` is a refusal that warn_if_reject took back; `skip` had nothing to look at. */
  readonly result: 'permit' | 'reject' | 'dunno' | 'warning' | 'defer-later' | 'action' | 'unknown';
  readonly reason: string;
}

/** Something that was not known and was asked for. */
export interface Unknown extends Place {
  /**
   * What would have to be known: a table, a policy server, an address verification, a milter, DNS; for a `limit`, what
   * stands behind as much as is looked at.
   */
  readonly what: 'table' | 'policy' | 'verification' | 'milter' | 'dns' | 'filter' | 'limit';
  readonly name: string;
  readonly because: string;
}

/** One way in which the transaction may go, where something is not known. */
export interface Possibility {
  readonly outcome: Outcome;
  readonly reply: Reply;
  readonly decidedBy: DecidedBy | null;
  /** What each unknown would have to say for it, by the unknown's name. */
  readonly when: readonly { readonly name: string; readonly says: string }[];
}

export interface CommandReply {
  readonly stage: Stage;
  readonly argument: string;
  readonly reply: Reply;
  readonly decidedBy: DecidedBy | null;
}

/** What a session comes to. Plain JSON data. */
export interface Verdict {
  /** The reply that seals it: the refusal, or the last reply. */
  readonly reply: Reply;
  readonly outcome: Outcome;
  /** What brought the reply about; null when nothing refused and nothing permitted by name. */
  readonly decidedBy: DecidedBy | null;
  /** Each command with its reply. */
  readonly replies: readonly CommandReply[];
  readonly steps: readonly Step[];
  /** What is not known and may change the outcome; empty when the verdict is certain. */
  readonly unknown: readonly Unknown[];
  /** With unknowns: every outcome that they can lead to. */
  readonly possible: readonly Possibility[];
  /** What access tables did besides: HOLD, FILTER, REDIRECT, PREPEND, BCC, and warnings. */
  readonly actions: readonly string[];
  /** What is wrong with the configuration and was met on the way. */
  readonly problems: readonly { readonly file: string; readonly line: number; readonly message: string }[];
}
