import type { CheckResult } from '@postern/controller';
import type { Strategy, Wave } from './strategy.ts';

/** What became of a host. Plain JSON data. */
export interface HostResult {
  /**
   * `unchanged`: it was so already. `applied`: made, checked, confirmed. `rolled-back`: a check failed or the change
   * was cut short, and the host is as it was. `failed`: nothing was changed. `unknown`: the host went away in the
   * middle; unless the change was confirmed by then, the host has undone it by itself.
   */
  readonly status: 'unchanged' | 'applied' | 'rolled-back' | 'failed' | 'unknown';
  /** The change's id in the host's own history. */
  readonly change?: string;
  /** The files that were changed. */
  readonly changed?: readonly string[];
  /** The checks that did not pass. */
  readonly checks?: readonly CheckResult[];
  /** For a failure: what kind, and what happened where and what to do. */
  readonly code?: string;
  readonly message?: string;
  /** From the beginning on this host to its end. */
  readonly seconds: number;
}

interface Stamped {
  /** ISO 8601. */
  readonly at: string;
}

/** A rollout as it begins: who is taken when. */
export interface RolloutHeader extends Stamped {
  readonly type: 'rollout';
  readonly id: string;
  /** What is rolled out, in words; a resume of something else is refused. */
  readonly label: string;
  readonly strategy: Strategy;
  readonly waves: readonly Wave[];
  /** Failures that are allowed after the canary. */
  readonly allowed: number;
  /** What whoever began it wants back at a resume. */
  readonly note?: unknown;
}

export interface HostBegun extends Stamped {
  readonly type: 'begun';
  readonly host: string;
  readonly wave: number;
  /** The id that a change will have in the host's history. */
  readonly change: string;
  /** Who works on it, where there are several workers. */
  readonly worker?: string;
}

export interface HostEnded extends Stamped, HostResult {
  readonly type: 'ended';
  readonly host: string;
  readonly wave: number;
}

/** What a rollout goes through, in order. All but `step` is written down, and enough to go on from. Plain JSON data. */
export type HostEvent =
  | RolloutHeader
  | (Stamped & {
      readonly type: 'wave';
      readonly wave: number;
      readonly name: string;
      readonly hosts: number;
    })
  | HostBegun
  | (Stamped & { readonly type: 'step'; readonly host: string; readonly step: string })
  | HostEnded
  | RolloutHalted
  /** Somebody went on with it; `again` are hosts that had ended and are taken once more. */
  | (Stamped & { readonly type: 'resumed'; readonly again: readonly string[] });

/**
 * The rollout begins no more hosts. `paused` and `stopped` (too many failures) can be resumed, `aborted` was for good,
 * `finished`: every host was taken.
 */
export interface RolloutHalted extends Stamped {
  readonly type: 'paused' | 'stopped' | 'aborted' | 'finished';
  readonly because: string;
}

/** Whether a result counts against `maxFailures`. */
export function isFailure({ status }: Pick<HostResult, 'status'>): boolean {
  return status !== 'unchanged' && status !== 'applied';
}
