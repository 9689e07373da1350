/** A finding that somebody has looked at and allows, for a reason and for a time. */
export interface Suppression {
  /** The rule's id. */
  readonly rule: string;
  /** The last day on which it holds, as `2027-01-31`. */
  readonly until?: string | undefined;
  readonly because?: string | undefined;
  /** The file as findings call it; every file when left out. */
  readonly file?: string | undefined;
  /** Only where the finding is about this parameter or service, by its name. */
  readonly name?: string | undefined;
  /** Where it is written; a comment speaks of the entry that it stands above or in. */
  readonly at?: { readonly file: string; readonly line: number; readonly column: number } | undefined;
  /** The lines that a comment speaks of, first and last. */
  readonly lines?: readonly [first: number, last: number] | undefined;
}

/** Whether a text is a day that there is, as `2027-01-31`. */
export function isDay(text: string): boolean {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  return date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}
