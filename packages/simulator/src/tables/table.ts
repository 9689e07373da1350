import type { Network } from './network.ts';

/** What a table says of one key. */
export type Lookup =
  | {
      readonly status: 'found';
      readonly value: string;
      /** Where the entry stands, if the table is a file. */ readonly at?: {
        readonly file: string;
        readonly line: number;
      };
    }
  | { readonly status: 'absent' }
  /** The table fails as it would in Postfix: mail is deferred. */
  | { readonly status: 'failed'; readonly because: string }
  /** The table cannot be known from here; `table` is what would have to be known. */
  | { readonly status: 'unknown'; readonly table: string; readonly because: string };

/** A mistake in a table that Postfix warns of and skips, or that makes the table fail. */
export interface TableProblem {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Everything that a table holds, for proofs about what it may say. */
export type TableContent =
  /** Texts as keys; what is not among them is absent. */
  | {
      readonly type: 'entries';
      readonly entries: readonly { readonly key: string; readonly value: string }[];
    }
  /** Networks of addresses, the first that matches decides. A negated rule holds for all others. */
  | {
      readonly type: 'networks';
      readonly rules: readonly {
        readonly network: Network;
        readonly negated: boolean;
        /** Undefined for the condition of an `if`. */
        readonly value: string | undefined;
        readonly line: number;
      }[];
    }
  /** Patterns: only what they may say is known, not to whom. */
  | { readonly type: 'patterns'; readonly values: readonly string[] }
  /** The same for every key. */
  | { readonly type: 'constant'; readonly value: string }
  /** It fails for every key. */
  | { readonly type: 'failing' }
  /** It cannot be known from here. */
  | { readonly type: 'elsewhere' };

/** One lookup table as configured: `type:name`. */
export interface Table {
  /** As it is written, for example `hash:/etc/postfix/access`. */
  readonly name: string;
  /**
   * Whether its keys are fixed texts, so that Postfix also tries the parts of a key (DICT_FLAG_FIXED); tables of patterns
   * (regexp, pcre, cidr) are asked for the whole key alone.
   */
  readonly fixed: boolean;
  readonly problems: readonly TableProblem[];
  /** The file that it should be read from and that is not there. */
  readonly missing?: string | undefined;
  lookup(key: string): Lookup;
  content(): TableContent;
}

export const absent: Lookup = { status: 'absent' };
