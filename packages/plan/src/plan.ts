import type { Change } from './change.ts';
import { fileOf } from './subject.ts';

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

/**
 * What is known of a host besides its files, where it is known: the values of kernel settings by their
 * dotted name, and the names of installed packages.
 */
export interface HostState {
  readonly sysctl?: Readonly<Record<string, string>>;
  readonly packages?: readonly string[];
}

/** Whether a plan changes nothing. */
export function isEmpty(plan: Plan): boolean {
  return plan.changes.length === 0;
}

/** How many changes a plan has, altogether and of each type that occurs in it. */
export function countChanges(plan: Plan): { total: number; byType: Partial<Record<Change['type'], number>> } {
  const byType: Partial<Record<Change['type'], number>> = {};
  for (const { type } of plan.changes) byType[type] = (byType[type] ?? 0) + 1;
  return { total: plan.changes.length, byType };
}

/** The files that a plan writes, each once, in the order of the plan: `main.cf`, `master.cf`, the paths of put-file. */
export function pathsOf(plan: Plan): string[] {
  return [...new Set(plan.changes.flatMap((change) => fileOf(change) ?? []))];
}
