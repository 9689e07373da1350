import { Answers, Pending } from './dns/ask.ts';
import { doorFor, type Door } from './host/host.ts';
import type { Configuration } from './model/configuration.ts';
import type { Transaction } from './model/transaction.ts';
import type { Outcome, Possibility, Unknown, Verdict } from './model/verdict.ts';
import type { World } from './model/world.ts';
import { Assumptions, type Assumption } from './session/assumptions.ts';
import { knowClient } from './session/client-name.ts';
import { Evaluation } from './session/evaluation.ts';
import { runSession, type SessionEnd } from './session/run-session.ts';

/** The world of those who say nothing of it: one object, by which what was read is found again. */
const nothingKnown: World = {};

/** Runs of one transaction, and steps in all of them, beyond which further assumptions are not tried. */
const most = { runs: 64, steps: 50_000 };

interface Run {
  readonly end: SessionEnd;
  readonly evaluation: Evaluation;
  readonly assumed: readonly Assumption[];
}

/**
 * What a client gets: runs one SMTP session through the access decisions of a configured smtpd.
 *
 * The verdict comes at once where the world answers at once, else as a promise. What the configuration and the world
 * say is read when they are first used: give a changed configuration as a new object.
 *
 * @throws ConfigError `bad-version` for a version that is none
 */
export function simulate(
  configuration: Configuration,
  transaction: Transaction,
  world: World = nothingKnown,
): Verdict | Promise<Verdict> {
  const answers = new Answers();
  const door = doorFor(configuration, world, transaction.service ?? 'smtp');
  const attempt = (): Verdict | Promise<Verdict> => {
    try {
      return weigh(door, ...tryAll(door, transaction, answers));
    } catch (error) {
      if (error instanceof Pending) return error.promise.then(attempt);
      throw error;
    }
  };
  return attempt();
}

/** Runs the session with every answer that the unknown may give, the most harmless first; and whether these were all. */
function tryAll(door: Door, transaction: Transaction, answers: Answers): [runs: Run[], all: boolean] {
  const runs: Run[] = [];
  let steps = 0;
  let script: number[] | undefined = [];
  const client = knowClient(transaction.client, door.smtpd.world, answers);
  while (script && runs.length < most.runs && steps < most.steps) {
    const assumptions: Assumptions = new Assumptions(script);
    const evaluation: Evaluation = new Evaluation(door, transaction, answers, assumptions, client);
    const end = runSession(evaluation);
    runs.push({ end, evaluation, assumed: assumptions.made });
    steps += evaluation.steps.length;
    script = assumptions.next();
  }
  return [runs, script === undefined];
}

function weigh({ postscreen, smtpd }: Door, runs: readonly Run[], all: boolean): Verdict {
  const [first] = runs as [Run];
  const { end, evaluation } = first;
  const outcome = outcomeOf(first);
  // Nothing was assumed: there is no other way.
  const possible = runs.length === 1 ? [] : distinct(runs);
  const certain = possible.length <= 1 && all;
  return {
    reply: end.sealed.reply,
    outcome: certain ? outcome : 'unknown',
    decidedBy: end.sealed.decidedBy ?? decidedEarlier(first),
    replies: end.replies,
    steps: evaluation.steps,
    unknown: certain ? [] : unknowns(runs),
    possible: certain ? [] : possible,
    actions: evaluation.actions,
    problems: postscreen ? distinctProblems([...postscreen.problems, ...smtpd.problems]) : smtpd.problems,
  };
}

/** For a session that went on to DATA, what let its recipient pass. */
function decidedEarlier({ end }: Run): Verdict['decidedBy'] {
  if (!end.accepted) return null;
  return end.replies.findLast(({ stage, reply }) => stage === 'RCPT' && reply.code < 400)?.decidedBy ?? null;
}

function outcomeOf({ end, evaluation }: Run): Outcome {
  if (end.accepted) return evaluation.discard ? 'discard' : 'accept';
  return end.sealed.reply.code >= 500 ? 'reject' : 'defer';
}

function distinct(runs: readonly Run[]): Possibility[] {
  const found = new Map<string, Possibility>();
  for (const run of runs) {
    const { sealed } = run.end;
    const outcome = outcomeOf(run);
    const key = `${outcome} ${sealed.reply.code} ${sealed.reply.enhanced}`;
    if (found.has(key)) continue;
    const when = run.assumed.map(({ unknown: { name }, says }) => ({ name, says }));
    found.set(key, { outcome, reply: sealed.reply, decidedBy: sealed.decidedBy, when });
  }
  return [...found.values()];
}

/** What postscreen and smtpd both met is told once. */
function distinctProblems(problems: Verdict['problems']): Verdict['problems'] {
  return [...new Map(problems.map((each) => [`${each.file}:${each.line} ${each.message}`, each])).values()];
}

function unknowns(runs: readonly Run[]): Unknown[] {
  const found = new Map<string, Unknown>();
  for (const { assumed } of runs) {
    for (const { unknown } of assumed) found.set(`${unknown.what} ${unknown.name}`, unknown);
  }
  return [...found.values()];
}
