import type { Action } from '../protocol/action.ts';
import type { PolicyRequest } from '../protocol/request.ts';

type Prepend = Extract<Action, { type: 'prepend' }>;

/**
 * Headers that wait for their turn. One answer carries one header, so the second header of a message is
 * answered to the next request of the same message (its `instance`): the next recipient, or DATA when the
 * service stands in smtpd_data_restrictions too. A message's headers are given once, whatever its recipients.
 */
export class PendingHeaders {
  readonly #messages = new Map<string, { readonly seen: Set<string>; readonly waiting: Prepend[] }>();
  readonly #most: number;

  constructor(most = 10_000) {
    this.#most = most;
  }

  /**
   * Adds what the handlers want prepended and takes the header to answer now, if there is one.
   * After the content has begun (END-OF-MESSAGE) nothing can be prepended any more.
   */
  next(request: PolicyRequest, prepends: readonly Prepend[]): Prepend | undefined {
    if (request.protocolState === 'END-OF-MESSAGE') {
      if (request.instance) this.#messages.delete(request.instance);
      return undefined;
    }
    if (!request.instance) return prepends[0];
    let message = this.#messages.get(request.instance);
    if (!message) {
      if (prepends.length === 0) return undefined;
      message = { seen: new Set(), waiting: [] };
      this.#messages.set(request.instance, message);
      if (this.#messages.size > this.#most) this.#messages.delete(this.#messages.keys().next().value!);
    }
    for (const prepend of prepends) {
      const key = `${prepend.header}:${prepend.value}`;
      if (message.seen.has(key)) continue;
      message.seen.add(key);
      message.waiting.push(prepend);
    }
    return message.waiting.shift();
  }
}
