import type { CommandReply } from '../model/verdict.ts';
import { auth } from './commands/auth.ts';
import { connect } from './commands/connect.ts';
import { data } from './commands/data.ts';
import { etrn } from './commands/etrn.ts';
import { helo } from './commands/helo.ts';
import { mail } from './commands/mail.ts';
import { recipients } from './commands/rcpt.ts';
import { vrfy } from './commands/vrfy.ts';
import { Conversation, Sealed } from './conversation.ts';
import type { Evaluation } from './evaluation.ts';

/** What a session came to in one run. */
export interface SessionEnd {
  readonly replies: readonly CommandReply[];
  readonly sealed: CommandReply;
  /** Whether at least one recipient (or the last command) was accepted. */
  readonly accepted: boolean;
}

/** Plays the session command by command, as smtpd answers it. @see smtpd.c */
export function runSession(run: Evaluation): SessionEnd {
  const talk = new Conversation(run);
  let accepted = true;
  try {
    play(talk);
  } catch (error) {
    if (!(error instanceof Sealed)) throw error;
    accepted = error.accepted;
  }
  const { replies } = talk;
  return { replies, sealed: replies.at(-1)!, accepted };
}

function play(talk: Conversation): void {
  const { transaction } = talk.run;
  connect(talk);
  helo(talk);
  auth(talk);
  if (transaction.etrn !== undefined) etrn(talk, transaction.etrn);
  if (transaction.from !== undefined) mail(talk, transaction.from);
  if (transaction.vrfy !== undefined) vrfy(talk, transaction.vrfy);
  if (transaction.from === undefined || transaction.to === undefined || transaction.to.length === 0) return;
  recipients(talk, transaction.to);
  if (transaction.data !== undefined && transaction.data !== false) data(talk);
}
