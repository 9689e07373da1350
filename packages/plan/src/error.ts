/** Something in a plan that cannot be, as data. */
export interface PlanProblem {
  readonly code: PlanProblemCode;
  /** What is wrong and where, in one sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  /** Where in the plan, as a path into its JSON, for example `changes[3].value`. */
  readonly at: string;
}

export type PlanProblemCode =
  /** The text is no JSON, or longer than the limit. */
  | 'not-json'
  | 'too-large'
  /** A field is missing, has the wrong type or a value that no plan may have. */
  | 'bad-field'
  /** The change needs a file that is not there. */
  | 'no-such-file'
  /** The change needs a service that master.cf does not have. */
  | 'no-such-service'
  /** The name or value cannot be written into the file so that Postfix reads it back. */
  | 'cannot-be-written';

export type PlanErrorCode = 'plan-does-not-fit';

/** A plan that cannot be applied to the files at hand; `problems` has every change that does not fit. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
  readonly code: PlanErrorCode;
  readonly problems: readonly PlanProblem[];

  constructor(code: PlanErrorCode, problems: readonly PlanProblem[], options?: ErrorOptions) {
    const rest = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    super(`${problems[0]?.message ?? code}${rest}`, options);
    this.code = code;
    this.problems = problems;
  }
}
