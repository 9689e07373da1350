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
  lookup(key: string): Lookup;
}

export const absent: Lookup = { status: 'absent' };
