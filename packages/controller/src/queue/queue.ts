import { ControllerError } from '../error.ts';
import type { Host } from '../host/host.ts';
import {
  begin,
  readRecord,
  readRecords,
  resume,
  stop,
  type KnownMessage,
  type LedgerOptions,
  type QueueActionKind,
  type QueueOutcome,
  type QueueRecord,
} from './ledger.ts';
import { listQueue, streamQueue, type Listed, type ListOptions } from './list.ts';
import type { QueueMessage, QueueName } from './message.ts';
import { describeSelector, matcher, type QueueSelector } from './selector.ts';
import { Summariser, type QueueSummary } from './summary.ts';
import { traceMail, type Trace, type TraceOptions } from './trace/trace.ts';
import { triageQueue, type Triage, type TriageOptions } from './triage/triage.ts';

/** The queue of a Postfix on any machine that commands run on. */
export interface HostQueue {
  /** The messages of the queue as they are read; nothing is kept. */
  list(selector?: QueueSelector, options?: ListOptions): AsyncGenerator<QueueMessage, Listed>;
  summary(selector?: QueueSelector, options?: ListOptions): Promise<QueueSummary>;
  /** How many an action would be done to, and samples: the dry run. */
  count(selector: QueueSelector, options?: ListOptions): Promise<QueueCount>;
  /** Keeps messages from being delivered until they are released. */
  hold(which: QueueSelector | readonly KnownMessage[], options?: QueueActionOptions): Promise<QueueOutcome>;
  /** Puts messages on hold back to where the queue manager finds them, at the time that was set for their next try. */
  release(which: QueueSelector | readonly KnownMessage[], options?: ReleaseOptions): Promise<QueueOutcome>;
  /** Sends messages through rewriting and routing again. Cannot be undone: they get other ids. */
  requeue(
    which: QueueSelector | readonly KnownMessage[],
    options?: QueueActionOptions,
  ): Promise<QueueOutcome>;
  /** Deletes messages. For a week `undo` puts them back, unless `keep` is false. */
  delete(which: QueueSelector | readonly KnownMessage[], options?: DeleteOptions): Promise<QueueOutcome>;
  /** Deletes what one hold has put on hold and is on hold still: the second word after a review. */
  deleteHeld(id: string, options?: DeleteOptions): Promise<QueueOutcome>;
  /** Asks the queue manager to try messages now, each by itself; at most a thousand. */
  flush(which: QueueSelector | readonly KnownMessage[], options?: QueueActionOptions): Promise<QueueOutcome>;
  /** Undoes what was done by one action, and nothing else. @throws ControllerError `nothing-to-roll-back` */
  undo(id: string, options?: QueueActionOptions): Promise<QueueOutcome>;
  /** Finishes an action that was cut short; by default the one that was. */
  resume(options?: LedgerOptions): Promise<QueueOutcome | undefined>;
  /** The actions that the host remembers, the oldest first. */
  history(): Promise<readonly QueueRecord[]>;
  /** Tells backscatter from legitimate mail, names the cause, and plans the way out. Changes nothing. */
  triage(options?: TriageOptions): Promise<Triage>;
  /** Follows a queue id or an address through the log. */
  trace(target: string, options?: TraceOptions): Promise<Trace>;
}

export interface QueueCount {
  readonly count: number;
  /** Bytes of content. */
  readonly size: number;
  readonly samples: readonly QueueMessage[];
}

export interface QueueActionOptions extends LedgerOptions {
  /** Messages that are looked at and then done at a time; 7500 by default. */
  readonly batch?: number;
  /** What to do first with an action that was cut short: finish it, undo it, or throw `interrupted`. To finish it by default. */
  readonly interrupted?: 'finish' | 'undo' | 'refuse';
}

export interface DeleteOptions extends QueueActionOptions {
  /** Whether deleted messages can be put back for a week, for which they stay on the disk; true by default. */
  readonly keep?: boolean;
}

export interface ReleaseOptions extends QueueActionOptions {
  /**
   * Messages a second that fall due, in the order in which they are given. It is written into the queue itself, so that
   * nobody has to stay connected. Without it each is tried when it would have been.
   */
  readonly pace?: number;
}

const samplesOfCount = 10;
const mostFlushed = 1000;
const inverse: Partial<Record<QueueActionKind, QueueActionKind>> = {
  hold: 'release',
  release: 'hold',
  delete: 'restore',
};

/** The queue of the Postfix whose configuration folder is `directory`; of the machine's own without. */
export function queueOf(host: Host, directory: string | undefined): HostQueue {
  const now = (): number => Math.floor(Date.now() / 1000);

  const select = async (
    which: QueueSelector | readonly KnownMessage[],
    options: ListOptions,
  ): Promise<readonly KnownMessage[]> => {
    if (isMessages(which)) return which;
    const found: KnownMessage[] = [];
    const wanted = matcher(which, now());
    await listQueue(
      host,
      directory,
      (message) => {
        // Lean, for there may be a million of them.
        const { id, arrived, size, queue } = message;
        if (wanted(message)) found.push({ id, arrived, size, queue });
      },
      options,
    );
    return found;
  };

  const act = async (
    action: QueueActionKind,
    which: QueueSelector | readonly KnownMessage[],
    {
      batch = 7500,
      interrupted = 'finish',
      keep = true,
      pace = 0,
      heldOnly = false,
      undoes,
      ...options
    }: DeleteOptions & ReleaseOptions & { undoes?: string; heldOnly?: boolean } = {},
  ): Promise<QueueOutcome> => {
    const messages = await select(which, options.signal ? { signal: options.signal } : {});
    if (action === 'flush' && messages.length > mostFlushed) {
      throw new ControllerError(
        'bad-argument',
        `${host.name}: ${messages.length} messages to flush, and ${mostFlushed} is the most: each is tried at once, and that melts the disk. Release or select fewer.`,
      );
    }
    const what = isMessages(which) ? `${which.length} messages` : describeSelector(which);
    const request = {
      action,
      messages: unique(messages),
      what: undoes === undefined ? what : `undo of ${undoes}`,
      keep,
      pace,
      heldOnly,
      batch,
      slack: 0,
      ...(undoes !== undefined && { undoes }),
    };
    for (;;) {
      const result = await begin(host, directory, request, options);
      if (!('interrupted' in result)) return result;
      await settle(result.interrupted, interrupted, options);
    }
  };

  const settle = async (
    record: QueueRecord,
    how: NonNullable<QueueActionOptions['interrupted']>,
    options: LedgerOptions,
  ): Promise<void> => {
    if (how === 'refuse') {
      throw new ControllerError(
        'interrupted',
        `${host.name}: ${record.action} of ${record.what} (${record.id}) was cut short at ${record.dealtWith} of ${record.total}. Resume it, or undo it.`,
      );
    }
    if (how === 'finish') await resume(host, record, options);
    else await undo(record.id, options);
  };

  const undo = async (id: string, options: QueueActionOptions = {}): Promise<QueueOutcome> => {
    const found = await readRecord(host, id);
    if (found.record.phase === 'open') await stop(host, id);
    const { record, messages } = found.record.phase === 'open' ? await readRecord(host, id) : found;
    const back = inverse[record.action];
    if (record.phase === 'undone' || back === undefined) {
      const why =
        record.phase === 'undone'
          ? 'is undone already'
          : `cannot be undone: ${record.action} has no way back`;
      throw new ControllerError('nothing-to-roll-back', `${host.name}: queue action ${id} ${why}.`);
    }
    return act(
      back,
      messages.map((message) => placed(back, message)),
      { ...options, undoes: id },
    );
  };

  return {
    list: (selector = {}, options) => streamQueue(host, directory, matcher(selector, now()), options),
    async summary(selector = {}, options) {
      const summariser = new Summariser(now());
      const wanted = matcher(selector, now());
      const { problems } = await listQueue(
        host,
        directory,
        (message) => void (wanted(message) && summariser.add(message)),
        options,
      );
      return summariser.result(problems);
    },
    async count(selector, options) {
      let [count, size] = [0, 0];
      const samples: QueueMessage[] = [];
      const wanted = matcher(selector, now());
      const take = (message: QueueMessage): void => {
        if (!wanted(message)) return;
        count++;
        size += message.size;
        if (samples.length < samplesOfCount) samples.push(message);
      };
      await listQueue(host, directory, take, options);
      return { count, size, samples };
    },
    hold: (which, options) => act('hold', which, options),
    release: (which, options) => act('release', which, options),
    requeue: (which, options) => act('requeue', which, options),
    delete: (which, options) => act('delete', which, options),
    flush: (which, options) => act('flush', which, options),
    async deleteHeld(id, options) {
      const { record, messages } = await readRecord(host, id);
      if (record.action !== 'hold') {
        throw new ControllerError(
          'bad-argument',
          `${host.name}: queue action ${id} is a ${record.action}, and no hold.`,
        );
      }
      return act(
        'delete',
        messages.map((message) => placed('release', message)),
        { ...options, heldOnly: true },
      );
    },
    undo,
    async resume(options = {}) {
      const record = (await readRecords(host, 200)).find(({ phase }) => phase === 'open');
      return record && resume(host, record, options);
    },
    history: () => readRecords(host, 200),
    triage: (options) => triageQueue(host, directory, options),
    trace: (target, options) => traceMail(host, directory, target, options),
  };
}

function isMessages(which: QueueSelector | readonly KnownMessage[]): which is readonly KnownMessage[] {
  return Array.isArray(which);
}

/** A queue in motion may list a message twice. */
function unique(messages: readonly KnownMessage[]): readonly KnownMessage[] {
  return [...new Map(messages.map((message) => [message.id, message])).values()];
}

/** Where a message is when its action is to be undone: what was on its way goes to where the queue manager looks. */
function placed(back: QueueActionKind, message: KnownMessage): KnownMessage {
  if (back === 'release') return { ...message, queue: 'hold' };
  const queue: QueueName = message.queue === 'hold' && back === 'restore' ? 'hold' : 'deferred';
  return { ...message, queue };
}
