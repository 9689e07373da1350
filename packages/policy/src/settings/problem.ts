/** A mistake in a settings file, with its place and what to do. */
export interface SettingsProblem {
  readonly line: number;
  readonly column: number;
  /** Where in the structure, for example `handlers[0].mailFrom.refuse`. */
  readonly at: string;
  readonly message: string;
}
