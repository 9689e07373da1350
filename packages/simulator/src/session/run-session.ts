import { replyClass } from '../access/status-code.ts';
import { resolveAddress } from '../address/resolve.ts';
import { isHostname } from '../address/hostname.ts';

import type { CommandReply, DecidedBy, Reply } from '../model/verdict.ts';
import { continueWith, evaluateList } from '../restrictions/evaluate.ts';
import { rejectUnlisted } from '../restrictions/mail-address.ts';
import { Abort, type Deferral, type Evaluation, type Status } from './evaluation.ts';
import { postscreen } from './postscreen.ts';

/** What a session came to in one run. */
export interface SessionEnd {
  readonly replies: readonly CommandReply[];
  readonly sealed: CommandReply;
  /** Whether at least one recipient (or the last command) was accepted. */
  readonly accepted: boolean;
}

/** A reply that ends the session or the transaction. */
class Sealed {
  readonly accepted: boolean;
  constructor(accepted: boolean) {
    this.accepted = accepted;
  }
}

/** Characters of a HELO name that smtpd takes for an attack. @see smtpd.c, NEUTER_CHARACTERS */
const unsafeInHelo = /[ <>()\\";@]/g;

/** Plays the session command by command, as smtpd answers it. @see smtpd.c */
export function runSession(run: Evaluation): SessionEnd {
  const replies: CommandReply[] = [];
  const answer = (argument: string, reply: Reply, decidedBy: DecidedBy | null): void =>
    void replies.push({ stage: run.stage, argument, reply, decidedBy });
  let accepted = false;
  try {
    play(run, answer);
    accepted = true;
  } catch (error) {
    if (!(error instanceof Sealed)) throw error;
    accepted = error.accepted;
  }
  return { replies, sealed: replies.at(-1)!, accepted };
}

type Answer = (argument: string, reply: Reply, decidedBy: DecidedBy | null) => void;

const ok = (code: number, enhanced: string, text: string): Reply => ({ code, enhanced, text });

function play(run: Evaluation, answer: Answer): void {
  const { transaction, host } = run;
  const { settings } = host;
  const refuse = (argument: string, { reply, decidedBy }: Deferral): never => {
    answer(argument, reply, decidedBy);
    throw new Sealed(false);
  };
  const limit = (
    parameter: string,
    count: number | undefined,
    code: number,
    enhanced: string,
    text: string,
  ): void => {
    const most = settings.number(parameter);
    if (count === undefined || most <= 0 || count <= most || isExempt(run)) return;
    run.list = parameter;
    refuse('', byParameter(run, parameter, code, enhanced, text));
  };

  // CONNECT
  const name = settings.text('myhostname');
  const { counters = {} } = transaction;
  const greeting = `${name} Error: too many connections from ${run.client.address}`;
  limit('smtpd_client_connection_count_limit', counters.connections, 421, '4.7.0', greeting);
  limit('smtpd_client_connection_rate_limit', counters.connectionRate, 421, '4.7.0', greeting);
  if (settings.program === 'postscreen') {
    const refused = postscreen(run);
    if (refused) {
      run.stage = refused.stage;
      refuse(run.client.address, refused);
    }
  }
  if (host.broken) {
    const { list, because } = host.broken;
    const text = `${name} Service not available: smtpd does not start: ${because}`;
    refuse('', byParameter(run, list, 421, '4.3.0', text));
  }
  const wrapped = settings.flag('smtpd_tls_wrappermode');
  const level = settings.text('smtpd_tls_security_level').toLowerCase();
  const enforced = level === 'encrypt' || (level === '' && settings.flag('smtpd_enforce_tls'));
  const offered = enforced || level === 'may' || (level === '' && settings.flag('smtpd_use_tls'));
  run.encrypted = wrapped;
  const delayed = settings.flag('smtpd_delay_reject');
  if (!delayed && checkClient(run) === 'reject') refuse(run.client.address, run.refusal!);
  answer(run.client.address, ok(220, '', settings.text('smtpd_banner') || `${name} ESMTP`), null);

  // HELO
  run.stage = 'HELO';
  const { ehlo = true } = transaction;
  const helo = typeof ehlo === 'string' ? ehlo : transaction.helo;
  run.esmtp = ehlo !== false && helo !== undefined;
  if (helo !== undefined) {
    run.heloName = helo;
    if (!delayed && checkHelo(run) === 'reject') refuse(helo, run.refusal!);
  }
  if (!wrapped && transaction.tls && offered) {
    // STARTTLS, after which the client greets again.
    run.encrypted = true;
    if (helo !== undefined && !delayed && checkHelo(run) === 'reject') refuse(helo, run.refusal!);
  }
  if (helo !== undefined) {
    run.heloName = helo.replaceAll(unsafeInHelo, '?').replaceAll(/[^ -~]/g, '?');
    answer(helo, ok(250, '', name), null);
  }
  const needsGreeting = (enhanced = '5.5.1'): void => {
    if (helo !== undefined || !settings.flag('smtpd_helo_required')) return;
    refuse('', byParameter(run, 'smtpd_helo_required', 503, enhanced, 'Error: send HELO/EHLO first'));
  };
  const needsTls = (argument: string): void => {
    if (run.encrypted || !enforced) return;
    const parameter = level === 'encrypt' ? 'smtpd_tls_security_level' : 'smtpd_enforce_tls';
    refuse(argument, byParameter(run, parameter, 530, '5.7.0', 'Must issue a STARTTLS command first'));
  };

  // AUTH
  const tlsFirst = settings.flag('smtpd_tls_auth_only') || enforced;
  // smtpd_sasl_exceptions_networks keeps AUTH out of the EHLO reply; who sends it all the same is served.
  run.saslActive = settings.flag('smtpd_sasl_auth_enable') && (run.encrypted || !tlsFirst);
  if (transaction.user !== undefined) {
    run.stage = 'AUTH';
    needsTls(transaction.user);
    needsGreeting();
    if (!run.saslActive) {
      const parameter = settings.flag('smtpd_sasl_auth_enable')
        ? 'smtpd_tls_auth_only'
        : 'smtpd_sasl_auth_enable';
      const text = 'Error: authentication not enabled';
      refuse(transaction.user, byParameter(run, parameter, 503, '5.5.1', text));
    }
    answer(transaction.user, ok(235, '2.7.0', 'Authentication successful'), null);
  }

  if (transaction.etrn !== undefined) {
    run.stage = 'ETRN';
    needsTls(transaction.etrn);
    needsGreeting('');
    playEtrn(run, transaction.etrn, delayed, answer, refuse);
  }
  if (transaction.from !== undefined) {
    run.stage = 'MAIL';
    needsTls(transaction.from);
    needsGreeting();
    playMail(run, transaction.from, delayed, answer, refuse, limit);
  }
  if (transaction.vrfy !== undefined) {
    run.stage = 'VRFY';
    needsTls(transaction.vrfy);
    playVrfy(run, transaction.vrfy, answer, refuse);
  }
  if (transaction.from !== undefined && transaction.to !== undefined && transaction.to.length > 0) {
    playRecipients(run, transaction.to, answer, refuse);
    if (transaction.data !== undefined && transaction.data !== false) playData(run, answer, refuse);
  }
}

type Refuse = (argument: string, refusal: Deferral) => never;

function playMail(
  run: Evaluation,
  from: string,
  delayed: boolean,
  answer: Answer,
  refuse: Refuse,
  limit: (parameter: string, count: number | undefined, code: number, enhanced: string, text: string) => void,
): void {
  const { transaction, host } = run;
  const { settings } = host;
  const sender = withoutRoute(from);
  const rate = transaction.counters?.messageRate;
  limit(
    'smtpd_client_message_rate_limit',
    rate,
    450,
    '4.7.1',
    `Error: too much mail from ${run.client.address}`,
  );
  if (isMalformed(run, from))
    refuse(from, byParameter(run, 'MAIL FROM', 501, '5.1.7', 'Bad sender address syntax'));
  run.sender = sender;
  const most = settings.number('message_size_limit');
  if (most > 0 && (transaction.size ?? 0) > most) {
    run.warnIfReject = 0;
    run.deferIfReject = undefined;
    refuse(from, byParameter(run, 'message_size_limit', 552, '5.3.4', 'Message size exceeds fixed limit'));
  }
  if (!delayed && checkMail(run) === 'reject') refuse(from, run.refusal!);
  answer(from, ok(250, '2.1.0', 'Ok'), null);
}

function playRecipients(run: Evaluation, to: readonly string[], answer: Answer, refuse: Refuse): void {
  const { transaction, host } = run;
  const { settings } = host;
  run.stage = 'RCPT';
  const perRate = settings.number('smtpd_client_recipient_rate_limit');
  const most = settings.number('smtpd_recipient_limit');
  const before = (transaction.counters?.recipientRate ?? to.length) - to.length;
  let first: { to: string; refusal: Deferral } | undefined;
  let accepted: string | undefined;
  for (const [index, written] of to.entries()) {
    const recipient = withoutRoute(written);
    let refusal: Deferral | undefined;
    if (perRate > 0 && before + index + 1 > perRate && !isExempt(run)) {
      const text = `Error: too many recipients from ${run.client.address}`;
      refusal = byParameter(run, 'smtpd_client_recipient_rate_limit', 450, '4.7.1', text);
    } else if (recipient === '' || isMalformed(run, recipient)) {
      refusal = byParameter(run, 'RCPT TO', 501, '5.1.3', 'Bad recipient address syntax');
    } else if (most > 0 && run.recipientCount >= most) {
      refusal = byParameter(run, 'smtpd_recipient_limit', 452, '4.5.3', 'Error: too many recipients');
    } else if (checkRecipient(run, recipient) === 'reject') {
      refusal = run.refusal!;
    }
    if (!refusal) {
      run.recipientCount++;
      accepted ??= recipient;
    }
    answer(recipient, refusal?.reply ?? ok(250, '2.1.5', 'Ok'), refusal?.decidedBy ?? run.permitted ?? null);
    // smtpd hangs up behind these two, and with the session go the recipients that it had accepted.
    if (refusal && [421, 521].includes(refusal.reply.code)) throw new Sealed(false);
    if (refusal) first ??= { to: recipient, refusal };
  }
  if (run.recipientCount === 0 && first) {
    if (to.length === 1) throw new Sealed(false);
    refuse(first.to, first.refusal);
  }
  run.recipient = accepted;
  if (first && !transaction.data) answer('', ok(250, '2.1.5', 'Ok'), null);
}

function playData(run: Evaluation, answer: Answer, refuse: Refuse): void {
  const { transaction, host } = run;
  const { settings } = host;
  run.stage = 'DATA';
  run.list = 'smtpd_data_restrictions';
  if (checkWhole(run, 'smtpd_data_restrictions', 'DATA', replyClass.data) === 'reject')
    refuse('', run.refusal!);
  answer('', ok(354, '', 'End data with <CR><LF>.<CR><LF>'), null);
  run.stage = 'END-OF-DATA';
  const size = transaction.size ?? (typeof transaction.data === 'string' ? transaction.data.length : 0);
  const most = settings.number('message_size_limit');
  if (most > 0 && size > most) {
    refuse('', byParameter(run, 'message_size_limit', 552, '5.3.4', 'Error: message file too big'));
  }
  if (checkWhole(run, 'smtpd_end_of_data_restrictions', 'END-OF-MESSAGE', replyClass.endOfData) === 'reject')
    refuse('', run.refusal!);
  for (const milter of settings
    .text('smtpd_milters')
    .split(/[\s,]+/)
    .filter(Boolean)) {
    askOutside(run, 'milter', 'smtpd_milters', milter, refuse);
  }
  const proxy = settings.text('smtpd_proxy_filter');
  if (proxy !== '') askOutside(run, 'filter', 'smtpd_proxy_filter', proxy, refuse);
  answer('', ok(250, '2.0.0', 'Ok: queued'), null);
}

/** A milter or a before-queue filter may refuse what the lists have let pass. */
function askOutside(
  run: Evaluation,
  what: 'milter' | 'filter',
  parameter: string,
  name: string,
  refuse: Refuse,
): void {
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
  if (match)
    refuse('', byParameter(run, parameter, Number(match[1]), match[2] ?? `${match[1]![0]}.7.1`, match[3]!));
}

function playVrfy(run: Evaluation, address: string, answer: Answer, refuse: Refuse): void {
  if (run.host.settings.flag('disable_vrfy_command'))
    refuse(address, byParameter(run, 'disable_vrfy_command', 502, '5.5.1', 'VRFY command is disabled'));
  if (address === '' || isMalformed(run, address))
    refuse(address, byParameter(run, 'VRFY', 501, '5.1.3', 'Bad recipient address syntax'));
  if (checkRecipient(run, withoutRoute(address)) === 'reject') refuse(address, run.refusal!);
  answer(address, ok(252, '2.0.0', address), run.permitted ?? null);
}

function playEtrn(run: Evaluation, domain: string, delayed: boolean, answer: Answer, refuse: Refuse): void {
  const name = domain.replace(/^[@#]/, '');
  if (!isHostname(name)) refuse(domain, byParameter(run, 'ETRN', 501, '', 'Error: invalid parameter syntax'));
  run.etrnName = name;
  if (delayed && (checkClient(run) === 'reject' || checkHelo(run) === 'reject')) refuse(domain, run.refusal!);
  if (!delayed) run.deferIfPermit = run.afterClient ?? run.afterHelo;
  const status = evaluateList(run, run.host.list('smtpd_etrn_restrictions'), {
    replyName: name,
    replyClass: replyClass.etrn,
    defaultTable: 'check_etrn_access',
  });
  if (status === 'reject' || forceDeferral(run)) refuse(domain, run.refusal!);
  const flushed = run.matchList(run.host.flushDomains, name);
  const { permitted } = run;
  run.etrnName = undefined;
  if (flushed.status !== 'match') {
    refuse(domain, byParameter(run, 'fast_flush_domains', 459, '', `<${domain}>: service unavailable`));
  }
  answer(domain, ok(250, '', 'Queuing started'), permitted ?? null);
}

function checkClient(run: Evaluation): Status {
  run.deferIfPermit = undefined;
  const status = evaluateList(run, run.host.list('smtpd_client_restrictions'), {
    replyName: run.namaddr,
    replyClass: replyClass.client,
    defaultTable: 'check_client_access',
  });
  run.afterClient = run.deferIfPermit;
  return status;
}

function checkHelo(run: Evaluation): Status {
  if (run.heloName === undefined) return 'dunno';
  run.deferIfPermit = run.afterClient;
  const status = evaluateList(run, run.host.list('smtpd_helo_restrictions'), {
    replyName: run.heloName,
    replyClass: replyClass.helo,
    defaultTable: 'check_helo_access',
  });
  run.afterHelo = run.deferIfPermit;
  return status;
}

function checkMail(run: Evaluation): Status {
  if (run.sender === undefined) return 'dunno';
  run.deferIfPermit = run.afterClient ?? run.afterHelo;
  run.senderMapsChecked = false;
  let status = evaluateList(run, run.host.list('smtpd_sender_restrictions'), {
    replyName: run.sender,
    replyClass: replyClass.sender,
    defaultTable: 'check_sender_access',
  });
  run.afterMail = run.deferIfPermit;
  if (
    run.host.settings.flag('smtpd_reject_unlisted_sender') &&
    status !== 'reject' &&
    !run.senderMapsChecked &&
    !run.discard &&
    run.sender !== ''
  )
    status = checkListed(run, run.sender, 'sender');
  return status;
}

function checkRecipient(run: Evaluation, recipient: string): Status {
  const { settings } = run.host;
  if (recipient.toLowerCase() === 'postmaster' || isVerifySender(run, recipient)) return 'dunno';
  run.recipient = recipient;
  run.recipientMapsChecked = false;
  run.permitted = undefined;
  try {
    if (settings.flag('smtpd_delay_reject')) {
      for (const check of [checkClient, checkHelo, checkMail]) {
        if (check(run) === 'reject') return 'reject';
      }
    }
    const lists = settings.has('smtpd_relay_restrictions')
      ? ['smtpd_recipient_restrictions', 'smtpd_relay_restrictions']
      : ['smtpd_recipient_restrictions'];
    if (settings.flag('smtpd_relay_before_recipient_restrictions')) lists.reverse();
    const context = {
      replyName: recipient,
      replyClass: replyClass.recipient,
      defaultTable: 'check_recipient_access',
    };
    run.deferIfPermit = run.afterMail;
    let status: Status = 'dunno';
    for (const [index, list] of lists.entries()) {
      // A doubt about a refusal in the first list also holds for the second.
      status = (index === 0 ? evaluateList : continueWith)(run, run.host.list(list), context);
      if (status === 'reject') return 'reject';
    }
    if (forceDeferral(run)) return 'reject';
    if (settings.flag('smtpd_reject_unlisted_recipient') && !run.recipientMapsChecked && !run.discard)
      return checkListed(run, recipient, 'recipient');
    return 'dunno';
  } finally {
    run.recipient = undefined;
  }
}

/** The check that every accepted address of ours is listed, where the lists have not made it themselves. */
function checkListed(run: Evaluation, address: string, role: 'sender' | 'recipient'): Status {
  const parameter = `smtpd_reject_unlisted_${role}`;
  const { list, permitted } = run;
  run.list = parameter;
  run.node = {
    name: `reject_unlisted_${role}`,
    argument: undefined,
    kind: 'check',
    check: () => 'dunno',
    ...run.host.settings.place(parameter),
  };
  try {
    const status = rejectUnlisted(run, address, role);
    run.note(status, status === 'reject' ? run.reason : 'the address is listed, or its class has no list');
    return status;
  } catch (error) {
    if (error instanceof Abort) {
      run.note('reject', run.reason);
      return 'reject';
    }
    throw error;
  } finally {
    run.node = undefined;
    run.list = list;
    run.permitted = permitted;
  }
}

function checkWhole(run: Evaluation, list: string, replyName: string, about: string): Status {
  const { recipient } = run;
  if (run.recipientCount > 1) run.recipient = undefined;
  run.deferIfPermit = undefined;
  const status = evaluateList(run, run.host.list(list), {
    replyName,
    replyClass: about,
    defaultTable: undefined,
  });
  const refused = status === 'reject' || forceDeferral(run);
  run.recipient = recipient;
  return refused ? 'reject' : 'dunno';
}

/** A doubt turns permission into deferral. */
function forceDeferral(run: Evaluation): boolean {
  const doubt = run.deferIfPermit;
  if (!doubt) return false;
  const { code, enhanced, text } = doubt.reply;
  return run.rejectFor(code, enhanced, text, doubt.decidedBy) === 'reject';
}

/** A refusal that a parameter brings about by itself. */
function byParameter(
  run: Evaluation,
  parameter: string,
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
  const decidedBy = { list: parameter, restriction: parameter, ...run.host.settings.place(parameter) };
  run.steps.push({
    stage: run.stage,
    ...decidedBy,
    result: 'reject',
    reason: `${reply.code} ${enhanced} ${text}`,
  });
  return { reply, decidedBy };
}

/** `@relay,@other:user@host` is an address with a route, which smtpd cuts off. */
function withoutRoute(address: string): string {
  return address.startsWith('@') ? (/^@[^:]*:(.+)$/.exec(address)?.[1] ?? address) : address;
}

function isMalformed(run: Evaluation, address: string): boolean {
  if (address === '') return false;
  // An address with white space or brackets outside quotes is several, or none.
  const bare = address.includes('"') ? address.replaceAll(/"(?:[^"\\]|\\.)*"/g, '') : address;
  if (/[\s<>]/.test(bare)) return true;
  const resolved = resolveAddress(run, address);
  return 'malformed' in resolved && resolved.malformed;
}

function isExempt(run: Evaluation): boolean {
  return run.matchList(run.host.unlimitedClients, run.client.name, run.client.address).status === 'match';
}

/** The sender of our own probes is always accepted, or two hosts would refuse each other's. */
function isVerifySender(run: Evaluation, recipient: string): boolean {
  if (run.stage !== 'RCPT') return false;
  const { verifySender } = run.host;
  return verifySender !== '' && verifySender === recipient.toLowerCase();
}
