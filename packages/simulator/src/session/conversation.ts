import type { CommandReply, DecidedBy, Reply } from '../model/verdict.ts';
import type { Deferral, Evaluation } from './evaluation.ts';

/** A reply that ends the session or the transaction. */
export class Sealed {
  readonly accepted: boolean;
  constructor(accepted: boolean) {
    this.accepted = accepted;
  }
}

/** What smtpd says in the course of a session. */
export class Conversation {
  readonly run: Evaluation;
  readonly replies: CommandReply[] = [];

  constructor(run: Evaluation) {
    this.run = run;
  }

  answer(argument: string, reply: Reply, decidedBy: DecidedBy | null = null): void {
    this.replies.push({ stage: this.run.stage, argument, reply, decidedBy });
  }

  /** @throws Sealed always */
  refuse(argument: string, { reply, decidedBy }: Deferral): never {
    this.answer(argument, reply, decidedBy);
    throw new Sealed(false);
  }

  /** Refuses when a stated counter is above its limit. */
  limit(parameter: string, count: number | undefined, code: number, enhanced: string, text: string): void {
    const { run } = this;
    if (!isAbove(run, parameter, count)) return;
    run.list = parameter;
    this.refuse('', byParameter(run, parameter, code, enhanced, text));
  }
}

export function replyOf(code: number, enhanced: string, text: string): Reply {
  return { code, enhanced, text };
}

/** A refusal that a parameter brings about by itself. */
export function byParameter(
  run: Evaluation,
  parameter: string,
  code: number,
  enhanced: string,
  text: string,
): Deferral {
  const decidedBy = { list: parameter, restriction: parameter, ...run.host.settings.place(parameter) };
  return byItself(run, decidedBy, code, enhanced, text);
}

/** A refusal that no list has to do with. */
export function byItself(
  run: Evaluation,
  decidedBy: DecidedBy,
  code: number,
  enhanced: string,
  text: string,
): Deferral {
  const soft = code >= 500 && run.host.settings.flag('soft_bounce') ? 100 : 0;
  const reply = {
    code: code - soft,
    enhanced: soft && enhanced !== '' ? `4${enhanced.slice(1)}` : enhanced,
    text,
  };
  run.steps.push({
    stage: run.stage,
    ...decidedBy,
    result: 'reject',
    reason: `${reply.code} ${enhanced} ${text}`,
  });
  return { reply, decidedBy };
}

/** Whether what was counted for the client is above a limit that the version has and that holds for it. */
export function isAbove(run: Evaluation, parameter: string, count: number | undefined): boolean {
  const { settings } = run.host;
  if (count === undefined || !settings.has(parameter)) return false;
  const most = settings.number(parameter);
  return most > 0 && count > most && !isExempt(run);
}

/** Whether no limit holds for the client. Postfix does not count those either that speak for others. */
function isExempt({ host, client, readList }: Evaluation): boolean {
  return [host.unlimitedClients, host.xclientHosts].some(
    (list) => list.match(client.name, client.address, readList).status === 'match',
  );
}
