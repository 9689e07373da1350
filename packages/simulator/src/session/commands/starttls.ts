import { byParameter, isAbove, type Conversation } from '../conversation.ts';

const parameter = 'smtpd_client_new_tls_session_rate_limit';

/** STARTTLS: refused to a client whose handshakes were too many before, and of no use to one with whose this is too many. */
export function startTls(talk: Conversation): void {
  const { run } = talk;
  run.stage = 'STARTTLS';
  if (countedBefore(talk) === 'too many')
    talk.refuse('', byParameter(run, parameter, 454, '4.7.0', `Error: ${tooMany(talk)}`));
  shakeHands(talk);
}

/** TLS from the first byte on: who had too many handshakes before is told nothing, for nothing could be read. */
export function wrapInTls(talk: Conversation): void {
  if (countedBefore(talk) === 'too many') {
    const text = `smtpd hangs up without a word: ${tooMany(talk)}`;
    talk.refuse('', byParameter(talk.run, parameter, 421, '4.7.0', text));
  }
  shakeHands(talk);
}

/** The handshake counts once it was made. @see smtpd_start_tls in smtpd.c */
function shakeHands(talk: Conversation): void {
  const { run } = talk;
  run.encrypted = true;
  const text = `${run.host.settings.text('myhostname')} Error: ${tooMany(talk)}`;
  talk.limit(parameter, run.transaction.counters?.newTlsSessionRate, 421, '4.7.0', text);
}

function countedBefore({ run }: Conversation): 'too many' | 'few' {
  const count = run.transaction.counters?.newTlsSessionRate;
  return isAbove(run, parameter, count === undefined ? undefined : count - 1) ? 'too many' : 'few';
}

function tooMany({ run }: Conversation): string {
  return `too many new TLS sessions from ${run.namaddr}`;
}
