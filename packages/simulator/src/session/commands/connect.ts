import type { Broken } from '../../host/required.ts';
import { byItself, replyOf, type Conversation } from '../conversation.ts';
import { postscreen } from '../postscreen.ts';
import { checkClient } from '../stage-lists.ts';
import { tlsUse } from './requirements.ts';
import { wrapInTls } from './starttls.ts';

/** The client connects: postscreen, whether smtpd starts at all, limits, and the client list where it is not delayed. */
export function connect(talk: Conversation): void {
  const { run } = talk;
  const { host, transaction } = run;
  const { settings } = host;
  const name = settings.text('myhostname');
  const { counters = {} } = transaction;
  if (run.postscreen) {
    const refused = postscreen(run, run.postscreen);
    if (refused) {
      run.stage = refused.stage;
      talk.refuse(run.client.address, refused);
    }
  }
  start(talk, name);
  if (tlsUse(settings).wrapped) wrapInTls(talk);
  const tooMany = `${name} Error: too many connections from ${run.client.address}`;
  talk.limit('smtpd_client_connection_count_limit', counters.connections, 421, '4.7.0', tooMany);
  talk.limit('smtpd_client_connection_rate_limit', counters.connectionRate, 421, '4.7.0', tooMany);
  if (!settings.flag('smtpd_delay_reject') && checkClient(run) === 'reject')
    talk.refuse(run.client.address, run.refusal!);
  talk.answer(run.client.address, replyOf(220, '', settings.text('smtpd_banner') || `${name} ESMTP`));
}

/** smtpd does not start with parameters that it cannot read, nor with lists that nothing closes. */
function start(talk: Conversation, name: string): void {
  const { run } = talk;
  const { broken, unreadable, settings } = run.host;
  const unavailable = ({ list, because, at }: Broken): never => {
    const text = `${name} Service not available: smtpd does not start: ${because}`;
    return talk.refuse('', byItself(run, { list, restriction: list, ...at }, 421, '4.3.0', text));
  };
  if (broken) unavailable(broken);
  for (const { name: list, because } of unreadable) {
    run.list = list;
    const at = settings.place(list);
    const unknown = { what: 'limit', name: list, because, ...at } as const;
    if (run.assume(unknown, 'value', ['nothing', 'a refusal']) === 'a refusal')
      unavailable({ list, because, at });
  }
}
