import { byParameter, replyOf, type Conversation } from '../conversation.ts';
import { requireGreeting, requireTls, tlsUse } from './requirements.ts';

/** AUTH, where the client logs in; and whether the session may have a login at all. */
export function auth(talk: Conversation): void {
  const { run } = talk;
  const { transaction, host } = run;
  const { settings } = host;
  const enabled = settings.flag('smtpd_sasl_auth_enable');
  const tlsFirst = settings.flag('smtpd_tls_auth_only') || tlsUse(settings).enforcedBy !== undefined;
  // smtpd_sasl_exceptions_networks keeps AUTH out of the EHLO reply; who sends it all the same is served.
  run.saslActive = enabled && (run.encrypted || !tlsFirst);
  const { user } = transaction;
  if (user === undefined) return;
  run.stage = 'AUTH';
  requireTls(talk, user);
  const tooMany = `Error: too many AUTH commands from ${run.client.address}`;
  talk.limit('smtpd_client_auth_rate_limit', transaction.counters?.authRate, 450, '4.7.1', tooMany);
  requireGreeting(talk);
  if (!run.saslActive) {
    const parameter = enabled ? 'smtpd_tls_auth_only' : 'smtpd_sasl_auth_enable';
    talk.refuse(user, byParameter(run, parameter, 503, '5.5.1', 'Error: authentication not enabled'));
  }
  talk.answer(user, replyOf(235, '2.7.0', 'Authentication successful'));
}
