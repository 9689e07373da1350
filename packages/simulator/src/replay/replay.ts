import type { Configuration } from '../model/configuration.ts';
import type { Transaction } from '../model/transaction.ts';
import type { DecidedBy, Outcome, Reply, Verdict } from '../model/verdict.ts';
import type { World } from '../model/world.ts';
import { simulate } from '../simulate.ts';
import { readLog, type LogProblem } from './log.ts';

/** What one configuration does with an envelope, in short. */
export interface Summary {
  readonly outcome: Outcome;
  readonly reply: Reply;
  readonly decidedBy: DecidedBy | null;
}

/** Envelopes whose verdict changes in the same way. */
export interface VerdictChange {
  readonly before: Summary;
  readonly after: Summary;
  readonly count: number;
  /** The first few, with their lines in the log. */
  readonly examples: readonly { readonly line: number; readonly transaction: Transaction }[];
}

export interface Replay {
  /** Envelopes that the log holds. */
  readonly envelopes: number;
  /** Those that fare alike under both configurations. */
  readonly same: number;
  /** By count, the most frequent first. */
  readonly changes: readonly VerdictChange[];
  readonly problems: readonly LogProblem[];
}

/** Examples that are kept of each change. */
const mostExamples = 5;

/**
 * Runs the envelopes of a log through two configurations.
 *
 * Only what the two make of it is compared, so that what the log does not hold (HELO names of accepted mail, the DNS of
 * that day) falls away where it falls alike.
 */
export async function replay(
  log: string,
  before: Configuration,
  after: Configuration,
  world: World = {},
): Promise<Replay> {
  const { envelopes, problems } = readLog(log);
  const changes = new Map<
    string,
    { before: Summary; after: Summary; count: number; examples: { line: number; transaction: Transaction }[] }
  >();
  let same = 0;
  for (const { transaction, line } of envelopes) {
    const [old, now] = [
      await simulate(before, transaction, world),
      await simulate(after, transaction, world),
    ];
    if (alike(old, now)) {
      same++;
      continue;
    }
    const key = JSON.stringify(
      [old, now].map((each) => [each.outcome, each.reply.code, each.reply.enhanced, each.decidedBy]),
    );
    let change = changes.get(key);
    if (!change)
      changes.set(key, (change = { before: summary(old), after: summary(now), count: 0, examples: [] }));
    change.count++;
    if (change.examples.length < mostExamples) change.examples.push({ line, transaction });
  }
  return {
    envelopes: envelopes.length,
    same,
    changes: [...changes.values()].toSorted((a, b) => b.count - a.count),
    problems,
  };
}

function alike(old: Verdict, now: Verdict): boolean {
  const possible = (verdict: Verdict): string =>
    verdict.possible.map(({ outcome, reply }) => `${outcome} ${reply.code}`).join();
  return (
    old.outcome === now.outcome &&
    old.reply.code === now.reply.code &&
    old.reply.enhanced === now.reply.enhanced &&
    possible(old) === possible(now)
  );
}

function summary({ outcome, reply, decidedBy }: Verdict): Summary {
  return { outcome, reply, decidedBy };
}
