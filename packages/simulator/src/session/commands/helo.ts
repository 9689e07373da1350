import { replyOf, type Conversation } from '../conversation.ts';
import { checkHelo } from '../stage-lists.ts';
import { tlsUse } from './requirements.ts';
import { startTls } from './starttls.ts';

/** Characters of a HELO name that smtpd takes for an attack. @see smtpd.c, NEUTER_CHARACTERS */
const unsafeInHelo = /[ <>()\\";@]/g;

/** HELO or EHLO, and once more after STARTTLS. */
export function helo(talk: Conversation): void {
  const { run } = talk;
  const { transaction, host } = run;
  const { settings } = host;
  run.stage = 'HELO';
  const { ehlo = true } = transaction;
  const name = typeof ehlo === 'string' ? ehlo : transaction.helo;
  const check = (): void => {
    if (name !== undefined && !settings.flag('smtpd_delay_reject') && checkHelo(run) === 'reject')
      talk.refuse(name, run.refusal!);
  };
  run.esmtp = ehlo !== false && name !== undefined;
  run.heloName = name;
  check();
  const { wrapped, offered } = tlsUse(settings);
  if (!wrapped && transaction.tls && offered) {
    startTls(talk);
    // The client greets again.
    run.stage = 'HELO';
    check();
  }
  if (name === undefined) return;
  run.heloName = name.replaceAll(unsafeInHelo, '?').replaceAll(/[^ -~]/g, '?');
  talk.answer(name, replyOf(250, '', settings.text('myhostname')));
}
