import { replyClass } from '../../access/status-code.ts';
import { byParameter, replyOf, type Conversation } from '../conversation.ts';
import { checkWhole } from '../stage-lists.ts';

/** DATA and the end of the message, with those who look at its content. */
export function data(talk: Conversation): void {
  const { run } = talk;
  const { transaction, host } = run;
  const { settings } = host;
  run.stage = 'DATA';
  run.list = 'smtpd_data_restrictions';
  if (checkWhole(run, 'smtpd_data_restrictions', 'DATA', replyClass.data) === 'reject')
    talk.refuse('', run.refusal!);
  talk.answer('', replyOf(354, '', 'End data with <CR><LF>.<CR><LF>'));
  run.stage = 'END-OF-DATA';
  const size = transaction.size ?? (typeof transaction.data === 'string' ? transaction.data.length : 0);
  const most = settings.number('message_size_limit');
  if (most > 0 && size > most)
    talk.refuse('', byParameter(run, 'message_size_limit', 552, '5.3.4', 'Error: message file too big'));
  if (checkWhole(run, 'smtpd_end_of_data_restrictions', 'END-OF-MESSAGE', replyClass.endOfData) === 'reject')
    talk.refuse('', run.refusal!);
  const milters = settings.text('smtpd_milters').split(/[\s,]+/);
  for (const milter of milters.filter(Boolean)) askOutside(talk, 'milter', 'smtpd_milters', milter);
  const proxy = settings.text('smtpd_proxy_filter');
  if (proxy !== '') askOutside(talk, 'filter', 'smtpd_proxy_filter', proxy);
  talk.answer('', replyOf(250, '2.0.0', 'Ok: queued'));
}

/** A milter or a before-queue filter may refuse what the lists have let pass. */
function askOutside(talk: Conversation, what: 'milter' | 'filter', parameter: string, name: string): void {
  const { run } = talk;
  const { milter } = run.host.world;
  run.list = parameter;
  const place = run.host.settings.place(parameter);
  const says =
    (milter && run.answers.once(`milter ${name}`, () => milter(name, run.stage))) ??
    run.assume({ what, name, because: `nobody says what the ${what} does`, ...place }, run.stage, [
      'continue',
      '550 5.7.1 Command rejected',
      '451 4.7.1 Service unavailable - try again later',
    ]);
  const match = /^([45]\d\d) (?:([45]\.\d+\.\d+) )?(.*)$/.exec(says);
  if (!match) return;
  const [, code = '', enhanced = `${code[0]}.7.1`, text = ''] = match;
  talk.refuse('', byParameter(run, parameter, Number(code), enhanced, text));
}
