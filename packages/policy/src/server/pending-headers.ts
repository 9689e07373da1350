import type { Decision } from '../handlers/decide.ts';
import type { Action } from '../protocol/action.ts';
import type { PolicyRequest } from '../protocol/request.ts';

type Prepend = Extract<Action, { type: 'prepend' }>;

const refusals: ReadonlySet<Action['type']> = new Set([
  'reject',
  'defer',
  'defer-if-permit',
  'defer-if-reject',
  'discard',
]);

/**
 * Headers that wait for their turn. One answer carries one header, so the second header of a message is
 * answered to the next request of the same message (its `instance`): the next recipient, or DATA when the
 * service stands in smtpd_data_restrictions too; so are the headers that came with an action that lets the message
 * on. A message's headers are given once, whatever its recipients.
 */
export class PendingHeaders {
  readonly #messages = new Map<string, Message>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  /**
   * Adds what the handlers want prepended and takes the header to answer now, if there is one.
   * After the content has begun (END-OF-MESSAGE) nothing can be prepended any more.
   */
  next(
    request: PolicyRequest,
    { action, prepends }: Pick<Decision, 'action' | 'prepends'>,
  ): Prepend | undefined {
    const { instance, protocolState } = request;
    const free = action.type === 'dunno';
    if (protocolState === 'END-OF-MESSAGE') {
      if (instance) this.#messages.delete(instance);
      return undefined;
    }
    // A recipient that is refused marks nothing.
    if (refusals.has(action.type)) return undefined;
    if (!instance) return free ? prepends[0] : undefined;
    let message = this.#messages.get(instance);
    if (!message) {
      if (prepends.length === 0) return undefined;
      message = { headers: [], given: 0 };
      this.#messages.set(instance, message);
      if (this.#messages.size > this.#most) this.#messages.delete(this.#messages.keys().next().value!);
    }
    const { headers } = message;
    for (const { header, value } of prepends) {
      if (!headers.some((known) => known.header === header && known.value === value))
        headers.push({ type: 'prepend', header, value });
    }
    return free && message.given < headers.length ? headers[message.given++] : undefined;
  }
}

/** All headers of a message, and how many of them have been answered. */
interface Message {
  readonly headers: Prepend[];
  given: number;
}
