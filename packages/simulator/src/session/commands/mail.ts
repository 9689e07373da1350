import { byParameter, replyOf, type Conversation } from '../conversation.ts';
import { isMalformed, withoutRoute } from '../envelope-address.ts';
import { checkMail } from '../stage-lists.ts';
import { requireGreeting, requireTls } from './requirements.ts';

/** MAIL FROM, perhaps with a SIZE. */
export function mail(talk: Conversation, from: string): void {
  const { run } = talk;
  const { transaction, host } = run;
  const { settings } = host;
  run.stage = 'MAIL';
  requireTls(talk, from);
  requireGreeting(talk);
  const tooMuch = `Error: too much mail from ${run.client.address}`;
  talk.limit('smtpd_client_message_rate_limit', transaction.counters?.messageRate, 450, '4.7.1', tooMuch);
  const sender = withoutRoute(from);
  if (isMalformed(run, from))
    talk.refuse(from, byParameter(run, 'MAIL FROM', 501, '5.1.7', 'Bad sender address syntax'));
  run.sender = sender;
  const most = settings.number('message_size_limit');
  if (most > 0 && (transaction.size ?? 0) > most) {
    run.warnIfReject = 0;
    run.deferIfReject = undefined;
    const text = 'Message size exceeds fixed limit';
    talk.refuse(from, byParameter(run, 'message_size_limit', 552, '5.3.4', text));
  }
  if (!settings.flag('smtpd_delay_reject') && checkMail(run) === 'reject') talk.refuse(from, run.refusal!);
  talk.answer(from, replyOf(250, '2.1.0', 'Ok'));
}
