import type { Range } from '../syntax/problem.ts';

/** Something wrong or worth knowing about a published record. */
export interface SpfFinding {
  /** The rule's name, for example `lookup-budget`; for an unreadable record the problem's code. */
  readonly rule: string;
  /** `error`: checks fail or anybody passes; `warning`: it should be changed; `note`: worth knowing. */
  readonly level: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly advice: string;
  /** Where it stands in the record of `domain`; absent where it is about the whole. */
  readonly range?: Range;
  /** Whose record it is about, where that is known. */
  readonly domain?: string;
}
