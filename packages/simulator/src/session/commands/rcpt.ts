import { byParameter, isAbove, replyOf, Sealed, type Conversation } from '../conversation.ts';
import { isMalformed, withoutRoute } from '../envelope-address.ts';
import type { Deferral, Evaluation } from '../evaluation.ts';
import { checkRecipient } from '../stage-lists.ts';

/** RCPT TO, once for each recipient; the session goes on when one of them is accepted. */
export function recipients(talk: Conversation, to: readonly string[]): void {
  const { run } = talk;
  const { transaction } = run;
  run.stage = 'RCPT';
  const before = (transaction.counters?.recipientRate ?? to.length) - to.length;
  let first: { to: string; refusal: Deferral } | undefined;
  let accepted: string | undefined;
  for (const [index, written] of to.entries()) {
    const recipient = withoutRoute(written);
    const refusal = refusalOf(run, recipient, before + index + 1);
    if (!refusal) {
      run.recipientCount++;
      accepted ??= recipient;
    }
    const decidedBy = refusal?.decidedBy ?? run.permitted ?? null;
    talk.answer(recipient, refusal?.reply ?? replyOf(250, '2.1.5', 'Ok'), decidedBy);
    // smtpd hangs up behind these two, and with the session go the recipients that it had accepted.
    if (refusal && [421, 521].includes(refusal.reply.code)) throw new Sealed(false);
    if (refusal) first ??= { to: recipient, refusal };
  }
  if (run.recipientCount === 0 && first) {
    if (to.length === 1) throw new Sealed(false);
    talk.refuse(first.to, first.refusal);
  }
  run.recipient = accepted;
  if (first && !transaction.data) talk.answer('', replyOf(250, '2.1.5', 'Ok'));
}

/** @param rate  recipients of this client so far, this one included */
function refusalOf(run: Evaluation, recipient: string, rate: number): Deferral | undefined {
  const { settings } = run.host;
  if (isAbove(run, 'smtpd_client_recipient_rate_limit', rate)) {
    const text = `Error: too many recipients from ${run.client.address}`;
    return byParameter(run, 'smtpd_client_recipient_rate_limit', 450, '4.7.1', text);
  }
  if (recipient === '' || isMalformed(run, recipient))
    return byParameter(run, 'RCPT TO', 501, '5.1.3', 'Bad recipient address syntax');
  const most = settings.number('smtpd_recipient_limit');
  if (most > 0 && run.recipientCount >= most)
    return byParameter(run, 'smtpd_recipient_limit', 452, '4.5.3', 'Error: too many recipients');
  return checkRecipient(run, recipient) === 'reject' ? run.refusal : undefined;
}
