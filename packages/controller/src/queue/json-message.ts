import { nullSenderName, type QueueMessage, type QueueName, type QueueRecipient } from './message.ts';
import { isQueueId } from './queue-id.ts';

const queues: ReadonlyMap<unknown, QueueName> = new Map(
  (['maildrop', 'incoming', 'active', 'deferred', 'hold', 'corrupt'] as const).map((name) => [name, name]),
);

/** One line of `postqueue -j`; undefined when it is none. @see postqueue(1), JSON OBJECT FORMAT */
export function parseJsonMessage(line: string): QueueMessage | undefined {
  let read: Record<string, unknown> | null;
  try {
    read = JSON.parse(line) as Record<string, unknown> | null;
  } catch {
    return undefined;
  }
  if (read === null || typeof read !== 'object') return undefined;
  const { queue_id: id, arrival_time: arrived, message_size: size, sender, recipients } = read;
  const queue = queues.get(read['queue_name']);
  if (queue === undefined || typeof id !== 'string' || !isQueueId(id)) return undefined;
  if (!Number.isSafeInteger(arrived) || !Number.isSafeInteger(size) || typeof sender !== 'string')
    return undefined;
  if (!Array.isArray(recipients)) return undefined;
  return {
    queue,
    id,
    arrived: arrived as number,
    size: size as number,
    sender: sender === nullSenderName ? '' : sender,
    recipients: recipients.flatMap(recipientOf),
  };
}

function recipientOf(read: { address?: unknown; delay_reason?: unknown } | null): QueueRecipient | [] {
  const address = read?.address;
  if (typeof address !== 'string') return [];
  const reason = read?.delay_reason;
  return { address, reason: typeof reason === 'string' ? reason : '' };
}
