import { replyClass } from '../../access/status-code.ts';
import { isHostname } from '../../address/hostname.ts';
import { evaluateList } from '../../restrictions/evaluate.ts';
import { byParameter, replyOf, type Conversation } from '../conversation.ts';
import { checkClient, checkHelo, forceDeferral } from '../stage-lists.ts';
import { requireGreeting, requireTls } from './requirements.ts';

/** ETRN: asks that the mail for a domain be delivered now. */
export function etrn(talk: Conversation, domain: string): void {
  const { run } = talk;
  run.stage = 'ETRN';
  requireTls(talk, domain);
  requireGreeting(talk, '');
  const name = domain.replace(/^[@#]/, '');
  if (!isHostname(name))
    talk.refuse(domain, byParameter(run, 'ETRN', 501, '', 'Error: invalid parameter syntax'));
  run.etrnName = name;
  if (!run.host.settings.flag('smtpd_delay_reject')) run.deferIfPermit = run.afterClient ?? run.afterHelo;
  else if (checkClient(run) === 'reject' || checkHelo(run) === 'reject') talk.refuse(domain, run.refusal!);
  const status = evaluateList(run, run.host.list('smtpd_etrn_restrictions'), {
    replyName: name,
    replyClass: replyClass.etrn,
    defaultTable: 'check_etrn_access',
  });
  if (status === 'reject' || forceDeferral(run)) talk.refuse(domain, run.refusal!);
  const flushed = run.matchList(run.host.flushDomains, name);
  const { permitted } = run;
  run.etrnName = undefined;
  if (flushed.status !== 'match') {
    const text = `<${domain}>: service unavailable`;
    talk.refuse(domain, byParameter(run, 'fast_flush_domains', 459, '', text));
  }
  talk.answer(domain, replyOf(250, '', 'Queuing started'), permitted ?? null);
}
