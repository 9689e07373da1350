/** A place in an inventory; line and column count from 1. */
export interface InventoryPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something in an inventory that is not as it should be, as data. */
export interface InventoryProblem {
  readonly code: InventoryProblemCode;
  /** `error`: the host or group it is about is left out; `warning`: it is there, without what the message names. */
  readonly level: 'error' | 'warning';
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do about it. */
  readonly advice: string;
  readonly at: InventoryPlace;
}

export type InventoryProblemCode =
  /** The file is no YAML, or no inventory in any of the forms that are known. */
  | 'not-an-inventory'
  /** A line or an entry that means nothing. */
  | 'bad-entry'
  | 'bad-range'
  /** A port, a user, an address or a path that cannot be. */
  | 'bad-value'
  | 'unknown-key'
  | 'unknown-group'
  /** A group that has itself among its children. */
  | 'group-circle'
  /** Two names that lead to the same machine. */
  | 'same-machine'
  /** A value that Ansible would compute. */
  | 'template'
  /** Something of ssh or Ansible that is not done here. */
  | 'unsupported'
  | 'too-many-hosts'
  | 'no-hosts';

/** A problem on one line: where, what, and what to do. */
export function printProblem({ at, message, advice }: InventoryProblem): string {
  return `${at.file}:${at.line}: ${message}. ${advice}`;
}
