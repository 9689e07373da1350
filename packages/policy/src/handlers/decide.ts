import { dunno, type Action } from '../protocol/action.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import type { Handler } from './handler.ts';

const defaultDeadline = 5000;

/** What the handlers said together, and what it is based on. */
export interface Decision {
  /** The decisive action, or `dunno`. */
  readonly action: Action;
  /** The handler that decided, if one did. */
  readonly decidedBy?: string;
  /** Headers to prepend, in order. */
  readonly prepends: readonly Extract<Action, { type: 'prepend' }>[];
  readonly notes: readonly string[];
  readonly failures: readonly HandlerFailure[];
}

export interface HandlerFailure {
  readonly handler: string;
  readonly reason: 'deadline' | 'error';
  readonly message: string;
}

/**
 * Asks the handlers in order: the first decisive answer wins, headers accumulate, and a handler that
 * fails or exceeds its deadline counts as its stated answer. Always resolves.
 */
export async function decide(
  handlers: readonly Handler[],
  request: PolicyRequest,
  stopping: AbortSignal,
): Promise<Decision> {
  const prepends: Extract<Action, { type: 'prepend' }>[] = [];
  const notes: string[] = [];
  const failures: HandlerFailure[] = [];
  for (const handler of handlers) {
    const answers = await ask(handler, request, stopping, notes, failures);
    for (const action of answers) {
      if (action.type === 'prepend') prepends.push(action);
      else if (action.type !== 'dunno') return { action, decidedBy: handler.name, prepends, notes, failures };
    }
  }
  return { action: dunno, prepends, notes, failures };
}

async function ask(
  handler: Handler,
  request: PolicyRequest,
  stopping: AbortSignal,
  notes: string[],
  failures: HandlerFailure[],
): Promise<readonly Action[]> {
  const milliseconds = handler.deadline ?? defaultDeadline;
  const own = new AbortController();
  const abort = (): void => own.abort();
  stopping.addEventListener('abort', abort);
  let over = false;
  const context = {
    signal: own.signal,
    note: (text: string): void => {
      if (!over) notes.push(`${handler.name}: ${text}`);
    },
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = handler.handle(request, context);
    const settled =
      answer instanceof Promise
        ? await Promise.race([
            answer,
            new Promise<never>((_, reject) => {
              timer = setTimeout(() => reject(new DeadlineError(milliseconds)), milliseconds);
            }),
          ])
        : answer;
    if (settled === undefined) return [];
    return 'type' in settled ? [settled] : settled;
  } catch (error) {
    own.abort();
    failures.push({
      handler: handler.name,
      reason: error instanceof DeadlineError ? 'deadline' : 'error',
      message: error instanceof Error ? error.message : String(error),
    });
    return handler.onFailure ? [handler.onFailure] : [];
  } finally {
    over = true;
    clearTimeout(timer);
    stopping.removeEventListener('abort', abort);
  }
}

class DeadlineError extends Error {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
  }
}
