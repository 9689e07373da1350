import { ControllerError } from '../../error.ts';
import { oneLine } from '../../host/answer.ts';
import type { Host } from '../../host/host.ts';
import { listQueue } from '../list.ts';
import type { QueueMessage } from '../message.ts';
import { isQueueId } from '../queue-id.ts';
import { historiesOf, type MessageHistory } from './history.ts';
import type { LogLine } from './log-line.ts';
import { readLog } from './read-log.ts';
import { inWords, moment } from './words.ts';

/** What became of a message, or of the mail of an address. */
export interface Trace {
  readonly target: string;
  /** In the order in which they came; those that came of another after it. */
  readonly messages: readonly TracedMessage[];
  /** Attempts that were refused before there was a message, for an address. */
  readonly refusals: readonly { readonly at: number; readonly text: string }[];
  /** The files that were read. */
  readonly sources: readonly string[];
  /** The whole of it for a person, a sentence a line. */
  readonly words: readonly string[];
}

export interface TracedMessage extends MessageHistory {
  /** As it stands in the queue now; undefined when it is not there. */
  readonly queued: QueueMessage | undefined;
}

export interface TraceOptions {
  readonly signal?: AbortSignal;
  /** The latest so many messages of an address; 20 by default. */
  readonly most?: number;
}

/** How often what came of a message is followed: filters, forwards, bounces. */
const deepest = 5;

/**
 * Follows a queue id, or the mail from and to an address, through the log and the queue.
 *
 * @throws ControllerError `bad-argument` for what is neither; `no-such-file` where there is no log
 */
export async function traceMail(
  host: Host,
  directory: string | undefined,
  target: string,
  { signal, most = 20 }: TraceOptions = {},
): Promise<Trace> {
  const byAddress = target.includes('@');
  if (!byAddress && !isQueueId(target)) {
    throw new ControllerError(
      'bad-argument',
      `${oneLine(JSON.stringify(target), 80)} is neither a queue id nor an address. Take an id from the list or the log.`,
    );
  }
  const lines = new Map<string, LogLine>();
  const add = (found: readonly LogLine[]): void => {
    for (const line of found) lines.set(`${line.at} ${line.daemon} ${line.id} ${line.text}`, line);
  };
  let wanted: string[] = [target];
  const refusals: { at: number; text: string }[] = [];
  let sources: readonly string[] = [];
  if (byAddress) {
    const address = target.replace(/^<(.*)>$/, '$1');
    const found = await readLog(host, directory, [`<${address}>`], { caseless: true, signal });
    sources = found.sources;
    for (const { id, at, text } of found.lines) {
      if (id === undefined && text.startsWith('NOQUEUE: '))
        refusals.push({ at, text: text.slice('NOQUEUE: '.length) });
    }
    const ids = found.lines.flatMap(({ id }) => (id === undefined ? [] : id));
    wanted = [...new Set(ids)].slice(-most);
  }
  const known = new Set<string>();
  for (let depth = 0; depth < deepest && wanted.length > 0; depth++) {
    for (const id of wanted) known.add(id);
    const found = await readLog(host, directory, wanted, { signal });
    sources = found.sources;
    add(
      found.lines.filter(
        ({ id, text }) =>
          (id !== undefined && known.has(id)) || wanted.some((each) => text.includes(`orig_id=${each}`)),
      ),
    );
    const histories = historiesOf(inOrder(lines));
    wanted = histories.flatMap(({ next }) => next.map(({ id }) => id)).filter((id) => !known.has(id));
  }
  const queued = await inQueue(host, directory, byAddress ? known : new Set([...known, target]), signal);
  const messages: TracedMessage[] = historiesOf(inOrder(lines)).map((each) => {
    const now = queued.get(each.id);
    return { ...each, queued: now, ...(now?.queue === 'hold' && { fate: 'held' as const }) };
  });
  const refused = refusals.slice(-most);
  return {
    target,
    messages,
    refusals: refused,
    sources,
    words: [
      ...tell(target, messages, queued, sources),
      ...refused.map(({ at, text }) => oneLine(`Refused ${moment(at)}: ${text}`, 600)),
    ],
  };
}

function inOrder(lines: ReadonlyMap<string, LogLine>): LogLine[] {
  return [...lines.values()].toSorted((a, b) => a.at - b.at);
}

async function inQueue(
  host: Host,
  directory: string | undefined,
  ids: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<Map<string, QueueMessage>> {
  const found = new Map<string, QueueMessage>();
  if (ids.size === 0) return found;
  const take = (message: QueueMessage): void => void (ids.has(message.id) && found.set(message.id, message));
  await listQueue(host, directory, take, signal ? { signal } : {});
  return found;
}

function tell(
  target: string,
  messages: readonly TracedMessage[],
  queued: ReadonlyMap<string, QueueMessage>,
  sources: readonly string[],
): string[] {
  const where = sources.length === 0 ? 'the log' : sources.join(', ');
  const words = messages.flatMap((message) => [...inWords(message), ...queueWords(message.queued)]);
  if (words.length > 0) return words;
  const only = queued.get(target);
  return only === undefined
    ? [
        oneLine(
          `Neither ${where} nor the queue tells of ${target}. Logs that were deleted cannot be searched.`,
        ),
      ]
    : [
        oneLine(`The log does not tell of ${target} any more; it came ${moment(only.arrived)}.`),
        ...queueWords(only),
      ];
}

function queueWords(message: QueueMessage | undefined): string[] {
  if (message === undefined) return [];
  const reasons = [...new Set(message.recipients.map(({ reason }) => reason))].filter(
    (reason) => reason !== '',
  );
  return [
    oneLine(
      `Now it is in the ${message.queue} queue${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}.`,
      600,
    ),
  ];
}
