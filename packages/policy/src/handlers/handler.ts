import type { Action } from '../protocol/action.ts';
import type { PolicyRequest } from '../protocol/request.ts';

export interface HandlerContext {
  /** Aborted when the handler's deadline has passed or the server stops. */
  readonly signal: AbortSignal;
  /** Why the handler decided so; becomes part of the one log line of the decision. */
  readonly note: (text: string) => void;
}

/**
 * One opinion on a request. Nothing (or `dunno`) leaves it to the next handler; `prepend` is remembered while
 * the next ones are asked; anything else decides.
 */
export interface Handler {
  /** Short, for logs and metrics, for example `spf`. */
  readonly name: string;
  /** Milliseconds it may take (5 000). */
  readonly deadline?: number;
  /** What is answered for it when it fails or takes too long; nothing goes on to the next handler. */
  readonly onFailure?: Action;
  handle(
    request: PolicyRequest,
    context: HandlerContext,
  ): Action | readonly Action[] | undefined | Promise<Action | readonly Action[] | undefined>;
}
