import { ControllerError } from '../error.ts';
import { domainOf, type QueueMessage, type QueueName } from './message.ts';
import { isQueueId } from './queue-id.ts';

/** Which messages: those for which all of what is given is true. Nothing given: all of them. */
export interface QueueSelector {
  readonly ids?: Iterable<string>;
  /** The whole envelope sender; case does not matter. Empty for the null sender. */
  readonly sender?: string;
  /** One of its recipients. */
  readonly recipient?: string;
  /** The domain of one of its recipients; subdomains are others. */
  readonly domain?: string;
  readonly queue?: QueueName;
  /** Part of why one of its recipients waits; case does not matter. */
  readonly reason?: string;
  /** Seconds since it came: at least, and less than. */
  readonly olderThan?: number;
  readonly youngerThan?: number;
  /** Bytes: at least, and less than. */
  readonly largerThan?: number;
  readonly smallerThan?: number;
  /** Whether the envelope sender is the null sender. */
  readonly nullSender?: boolean;
}

/**
 * A selector as a question to each message.
 *
 * @param now  seconds since 1970
 * @throws ControllerError `bad-argument` for an id that is none
 */
export function matcher(selector: QueueSelector, now: number): (message: QueueMessage) => boolean {
  const { queue, olderThan, youngerThan, largerThan, smallerThan, nullSender } = selector;
  const ids = selector.ids && new Set(selector.ids);
  for (const id of ids ?? []) {
    if (!isQueueId(id)) {
      throw new ControllerError(
        'bad-argument',
        `${JSON.stringify(id)} is no queue id. Take one from the list.`,
      );
    }
  }
  const sender = selector.sender === '<>' ? '' : selector.sender?.toLowerCase();
  const recipient = selector.recipient?.toLowerCase();
  const domain = selector.domain?.toLowerCase().replace(/^@/, '');
  const reason = selector.reason?.toLowerCase();
  return (message) =>
    (ids === undefined || ids.has(message.id)) &&
    (queue === undefined || message.queue === queue) &&
    (nullSender === undefined || (message.sender === '') === nullSender) &&
    (sender === undefined || message.sender.toLowerCase() === sender) &&
    (olderThan === undefined || now - message.arrived >= olderThan) &&
    (youngerThan === undefined || now - message.arrived < youngerThan) &&
    (largerThan === undefined || message.size >= largerThan) &&
    (smallerThan === undefined || message.size < smallerThan) &&
    (recipient === undefined ||
      message.recipients.some(({ address }) => address.toLowerCase() === recipient)) &&
    (domain === undefined || message.recipients.some(({ address }) => domainOf(address) === domain)) &&
    (reason === undefined || message.recipients.some((each) => each.reason.toLowerCase().includes(reason)));
}

/** A selector in words, for the record that stays on the host. */
export function describeSelector(selector: QueueSelector): string {
  const words = Object.entries(selector).flatMap(([name, value]: [string, unknown]) => {
    if (value === undefined) return [];
    return name === 'ids'
      ? `${[...(value as Iterable<string>)].length} ids`
      : `${name} ${JSON.stringify(value)}`;
  });
  return words.length === 0 ? 'everything' : words.join(', ');
}
