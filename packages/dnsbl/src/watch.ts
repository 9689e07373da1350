import type { ErrorReason } from './registry/dns-list.ts';
import type { Problem } from './subject/problem.ts';
import type { CheckResult, DomainResult, Verdict } from './verdict/verdict.ts';

export interface WatchOptions {
  readonly addresses?: readonly string[];
  readonly domains?: readonly string[];
  /** Time between two rounds, in ms (900 000). */
  readonly interval?: number;
  /** How many are checked at the same time (20). */
  readonly concurrency?: number;
  /** Ends the watch; without it it goes on until the loop is left. */
  readonly signal?: AbortSignal;
}

/** What has changed about an address or domain. Plain JSON data. */
export type WatchEvent =
  /** It is on a list where it was not before, or was already when the watch began. */
  | {
      readonly type: 'listed';
      readonly subject: string;
      readonly zone: string;
      readonly verdict: Verdict;
      readonly at: number;
    }
  /** It is no longer on a list. */
  | {
      readonly type: 'delisted';
      readonly subject: string;
      readonly zone: string;
      readonly verdict: Verdict;
      readonly at: number;
    }
  /** A list gives no verdict any more; what it said last still stands. */
  | {
      readonly type: 'unknown';
      readonly subject: string;
      readonly zone: string;
      readonly reason: ErrorReason;
      readonly at: number;
    }
  /** It cannot be asked about at all. Reported once. */
  | { readonly type: 'problem'; readonly subject: string; readonly problem: Problem; readonly at: number };

interface Checks {
  check(address: string, options: { signal?: AbortSignal }): Promise<CheckResult>;
  checkDomain(domain: string, options: { signal?: AbortSignal }): Promise<DomainResult>;
}

/**
 * Goes over the subjects round by round. A list in error neither lists nor delists: only a verdict changes anything.
 *
 * @yields what has changed since the round before
 */
export async function* watchSubjects(
  checks: Checks,
  { addresses = [], domains = [], interval = 900_000, concurrency = 20, signal }: WatchOptions,
): AsyncGenerator<WatchEvent, void> {
  const options = signal ? { signal } : {};
  const subjects = [
    ...addresses.map((subject) => ({ subject, ask: () => checks.check(subject, options) })),
    ...domains.map((subject) => ({ subject, ask: () => checks.checkDomain(subject, options) })),
  ];
  const listed = new Set<string>();
  const silent = new Set<string>();
  const refused = new Set<string>();

  while (!signal?.aborted) {
    for (let index = 0; index < subjects.length && !signal?.aborted; index += concurrency) {
      const batch = subjects.slice(index, index + concurrency).filter(({ subject }) => !refused.has(subject));
      const results = await Promise.all(batch.map(({ ask }) => ask()));
      if (signal?.aborted) return;
      for (const [position, { verdicts, problem }] of results.entries()) {
        const { subject } = batch[position]!;
        const at = Date.now();
        if (problem) {
          refused.add(subject);
          yield { type: 'problem', subject, problem, at };
        }
        for (const verdict of verdicts) {
          const event = change(subject, verdict, at);
          if (event) yield event;
        }
      }
    }
    if (!(await pause(interval, signal))) return;
  }

  function change(subject: string, verdict: Verdict, at: number): WatchEvent | undefined {
    const { zone, status } = verdict;
    const key = `${subject} ${zone}`;
    if (status === 'error') {
      if (silent.has(key)) return undefined;
      silent.add(key);
      return { type: 'unknown', subject, zone, reason: verdict.reason, at };
    }
    silent.delete(key);
    if (status === 'listed') {
      if (listed.has(key)) return undefined;
      listed.add(key);
      return { type: 'listed', subject, zone, verdict, at };
    }
    return listed.delete(key) ? { type: 'delisted', subject, zone, verdict, at } : undefined;
  }
}

/** Resolves to false at once when aborted. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve(true);
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
