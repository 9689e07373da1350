import type { KnownMessage } from '../ledger.ts';
import { domainOf, type QueueMessage } from '../message.ts';
import type { Cause } from './causes.ts';

/** How fast held messages should go. */
export interface ReleasePace {
  /** Messages that fall due in a second. */
  readonly perSecond: number;
  /** How that was worked out. */
  readonly because: string;
}

/** What share of the disk's commits the released mail may take, and how many one try costs (two where it is put off again). */
const share = 0.25;
const commitsPerTry = 2;
/** Seconds; a slow disk of a shared host. */
const assumedCommit = 0.01;
const bounds = { least: 1, most: 200 };

/** @param commit  one fsync in the queue's file system, in seconds; undefined where it is not known */
export function releasePace(commit: number | undefined): ReleasePace {
  const seconds = commit === undefined || commit <= 0 ? assumedCommit : commit;
  const perSecond = Math.min(
    Math.max(Math.floor(share / (seconds * commitsPerTry)), bounds.least),
    bounds.most,
  );
  const source = commit === undefined ? 'assumed' : 'measured';
  return {
    perSecond,
    because: `a commit takes ${(seconds * 1000).toFixed(1)} ms (${source}), a try ${commitsPerTry} of them, and ${share * 100}% of the disk is enough`,
  };
}

/**
 * The order in which held mail should go: the destinations take turns, each with its oldest first, so that none waits
 * behind the thousands of another; those that do not answer come last.
 */
export function releaseOrder(messages: readonly QueueMessage[], causes: readonly Cause[]): KnownMessage[] {
  const dead = new Set(causes.flatMap(({ id, about }) => (id === 'dead-destination' ? (about ?? []) : [])));
  const suspects = new Set(
    causes.flatMap(({ id, about }) => (id === 'compromised-account' ? (about ?? []) : [])),
  );
  const lanes = new Map<string, QueueMessage[]>();
  const last: QueueMessage[] = [];
  for (const message of messages
    .filter(({ queue }) => queue === 'hold')
    .toSorted((a, b) => a.arrived - b.arrived)) {
    if (suspects.has(message.sender)) continue;
    const domain = domainOf(message.recipients[0]?.address ?? '');
    if (dead.has(domain)) last.push(message);
    else if (lanes.has(domain)) lanes.get(domain)!.push(message);
    else lanes.set(domain, [message]);
  }
  const order: QueueMessage[] = [];
  let open = [...lanes.values()];
  for (let turn = 0; open.length > 0; turn++) {
    for (const lane of open) order.push(lane[turn]!);
    open = open.filter((lane) => lane.length > turn + 1);
  }
  return [...order, ...last].map(({ id, arrived, size, queue }) => ({ id, arrived, size, queue }));
}
