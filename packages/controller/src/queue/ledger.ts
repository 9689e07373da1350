import { ControllerError } from '../error.ts';
import type { Host, RunOptions } from '../host/host.ts';
import { askProgram, fromBase64, line, type Lines } from '../postfix/ask.ts';
import { ledgerProgram } from './ledger-program.ts';
import type { QueueName } from './message.ts';
import { hashKey } from './queue-id.ts';

export type QueueActionKind = 'hold' | 'release' | 'requeue' | 'delete' | 'flush' | 'restore';

/** A message as an action knows it again: an id whose message has another size or came at another time is another's by now. */
export interface KnownMessage {
  readonly id: string;
  readonly arrived: number;
  readonly size: number;
  readonly queue: QueueName;
}

/** An action on the queue, as the host keeps it. */
export interface QueueRecord {
  /** Later ones sort after earlier ones. */
  readonly id: string;
  readonly action: QueueActionKind;
  /** `open`: it was cut short; the next action finishes or undoes it. `stopped`: it was cut short and left so. */
  readonly phase: 'open' | 'done' | 'stopped' | 'undone';
  readonly total: number;
  /** How many of them have been dealt with, and of these: done as postsuper says, and left alone. */
  readonly dealtWith: number;
  readonly done: number;
  readonly skipped: number;
  /** The action that this one undoes. */
  readonly undoes?: string;
  /** ISO 8601. */
  readonly at: string;
  /** What was selected, in words. */
  readonly what: string;
}

/** Why a message was left alone. */
export type SkipReason =
  /** It is in no queue any more. */
  | 'gone'
  /** Its id belongs to another message by now. */
  | 'another'
  /** It was on hold already. */
  | 'held'
  /** It is not on hold. */
  | 'not-held'
  /** Postfix said nothing of having done it. */
  | 'refused';

/** What became of an action. */
export interface QueueOutcome {
  /** For `undo`. */
  readonly id: string;
  readonly action: QueueActionKind;
  readonly total: number;
  readonly done: number;
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Of the first hundred that were left alone. */
  readonly skippedIds: readonly string[];
  /** What postsuper said besides. */
  readonly words: readonly string[];
}

export interface Progress {
  readonly dealtWith: number;
  readonly done: number;
  readonly total: number;
}

export interface LedgerOptions extends Pick<RunOptions, 'signal' | 'timeout'> {
  readonly onProgress?: (progress: Progress) => void;
}

export interface Request {
  readonly action: QueueActionKind;
  readonly messages: readonly KnownMessage[];
  readonly what: string;
  /** Of deleted messages: whether they can be put back. */
  readonly keep: boolean;
  readonly undoes?: string;
  /** Leave alone what is not on hold any more: somebody has released it since. */
  readonly heldOnly: boolean;
  /** For a release: messages a second that fall due, in the order of `messages`; 0 for when they were due anyway. */
  readonly pace: number;
  /** Messages that are looked at and then done at a time. */
  readonly batch: number;
  /** Seconds by which a time of arrival may be off. */
  readonly slack: number;
}

/** Begins an action; the record of an earlier one that was cut short when there is one, and then nothing was done. */
export async function begin(
  host: Host,
  directory: string | undefined,
  request: Request,
  options: LedgerOptions,
): Promise<QueueOutcome | { readonly interrupted: QueueRecord }> {
  const { action, messages, what, keep, undoes = '', batch, slack, heldOnly, pace } = request;
  const about = Buffer.from(JSON.stringify({ at: new Date().toISOString(), what })).toString('base64');
  const settings = [
    keep ? 'yes' : 'no',
    undoes,
    String(batch),
    heldOnly ? '-held' : '',
    String(pace),
    String(slack),
  ];
  const head = [action, directory ?? '', ...settings, about];
  const plan = messages.map(
    ({ id, arrived, size, queue }) => `${id} ${arrived} ${size} ${hashKey(id)} ${queue}\n`,
  );
  const bytes = Buffer.from([...head.map(line), ...plan, 'end\n'].join(''));
  const lines = await run(host, 'begin', bytes, options);
  const interrupted = lines.find(([word]) => word === 'interrupted');
  return interrupted ? { interrupted: parseRecord(interrupted[1]) } : outcome(host, action, lines);
}

/** Finishes an action that was cut short. */
export async function resume(host: Host, record: QueueRecord, options: LedgerOptions): Promise<QueueOutcome> {
  return outcome(host, record.action, await run(host, 'resume', line(record.id), options));
}

/** Leaves an action that was cut short as it is. */
export async function stop(host: Host, id: string): Promise<void> {
  await run(host, 'stop', line(id), {});
}

/** The actions that a host remembers, the oldest first. */
export async function readRecords(host: Host, most: number): Promise<QueueRecord[]> {
  const lines = await run(host, 'list', line(String(most)), {});
  return lines.flatMap(([word, rest]) => (word === 'entry' ? parseRecord(rest) : []));
}

/** One action and the messages it was done to, with the queues they were in before. @throws ControllerError `nothing-to-roll-back` */
export async function readRecord(
  host: Host,
  id: string,
): Promise<{ readonly record: QueueRecord; readonly messages: readonly KnownMessage[] }> {
  const lines = await run(host, 'read', line(id), {});
  const messages = lines.flatMap(([word, rest]): KnownMessage | [] => {
    if (word !== 'did') return [];
    const [message = '', arrived, size, , queue] = rest.split(' ');
    return { id: message, arrived: Number(arrived), size: Number(size), queue: queue as QueueName };
  });
  return { record: parseRecord(lines.find(([word]) => word === 'entry')?.[1] ?? ''), messages };
}

async function run(
  host: Host,
  operation: Parameters<typeof ledgerProgram>[0],
  request: string | Uint8Array,
  { onProgress, signal, timeout = 3_600_000 }: LedgerOptions,
): Promise<Lines> {
  return askProgram(host, `queue ${operation}`, ledgerProgram(operation), request, {
    timeout,
    ...(signal && { signal }),
    ...(onProgress && { onLine: progressOf(onProgress) }),
  });
}

function progressOf(onProgress: (progress: Progress) => void): (word: string, rest: string) => void {
  return (word, rest) => {
    if (word !== 'progress' && word !== 'finished') return;
    const [first = 0, second = 0, third = 0] = rest.split(' ').map(Number);
    if (word === 'progress') onProgress({ dealtWith: first, done: second, total: third });
    else onProgress({ dealtWith: third, done: first, total: third });
  };
}

function outcome(host: Host, action: QueueActionKind, lines: Lines): QueueOutcome {
  const all = (word: string): string[] => lines.flatMap(([each, rest]) => (each === word ? rest : []));
  const id = all('begun')[0] ?? '';
  const [finished] = all('finished');
  if (finished === undefined) {
    throw new ControllerError(
      'outcome-unknown',
      `${host.name}: queue action ${id} ended before its end. The next action finishes it; undo("${id}") undoes what was done.`,
    );
  }
  const [done = 0, , total = 0] = finished.split(' ').map(Number);
  const skipped: Partial<Record<SkipReason, number>> = {};
  const skippedIds: string[] = [];
  for (const text of all('skip')) {
    const [message = '', why] = text.split(' ');
    skipped[why as SkipReason] = (skipped[why as SkipReason] ?? 0) + 1;
    if (skippedIds.length < 100) skippedIds.push(message);
  }
  return { id, action, total, done, skipped, skippedIds, words: all('words') };
}

function parseRecord(text: string): QueueRecord {
  const [id = '', action, phase, dealtWith, done, skipped, total, undoes = '-', about = ''] = text.split(' ');
  const { at, what } = JSON.parse(fromBase64(about) || '{}') as { at?: string; what?: string };
  return {
    id,
    action: action as QueueActionKind,
    phase: phase as QueueRecord['phase'],
    total: Number(total),
    dealtWith: Number(dealtWith),
    done: Number(done),
    skipped: Number(skipped),
    ...(undoes !== '-' && { undoes }),
    at: at ?? '',
    what: what ?? '',
  };
}
