import type { FailureReason } from '../resolver.ts';
import type { Question, Reply } from '../wire/message.ts';

/** Gives up on a question: its callback is not called any more. */
export type Cancel = () => void;

/**
 * One server, reached in one way.
 *
 * Callbacks and not promises: a lookup passes through here a hundred thousand times a second.
 */
export interface Transport {
  /** As it stands in the list of servers, for messages. */
  readonly server: string;
  /**
   * Asks, and calls back exactly once and never before it has returned, at the latest when the attempt's time is up.
   */
  ask(question: Question, done: (reply: Reply) => void): Cancel;
  /** Gives up every question without calling back, and gives back what it holds. */
  close(): Promise<void>;
}

export function failed(reason: FailureReason, detail?: string): Reply {
  return detail === undefined ? { status: 'failed', reason } : { status: 'failed', reason, detail };
}
