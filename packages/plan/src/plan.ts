import type { Change } from './change.ts';

/** What a plan is for. */
export interface Target {
  /** The folder, host name or URL the plan was made for. */
  readonly name: string;
  /** The Postfix version it was made for, for example `3.7.11`. */
  readonly postfix: string;
}

/** What must be true after the plan was applied; whoever applies it proves it or undoes the plan. */
export interface Check {
  /** What is checked, for example `configuration`, `greeting`, `starttls`, `no-relay`. */
  readonly id: string;
  readonly description: string;
}

/** What to do to a host, in order, each step with its reason. Plain JSON data. */
export interface Plan {
  readonly target: Target;
  readonly changes: readonly Change[];
  readonly checks: readonly Check[];
}

/** The text of a host's files by path (`main.cf`, `master.cf`, and what put-file names). */
export type Files = Readonly<Record<string, string>>;
