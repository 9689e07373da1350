import { replyClass } from '../access/status-code.ts';
import { continueWith, decide, evaluateList } from '../restrictions/evaluate.ts';
import { rejectUnlisted } from '../restrictions/mail-address.ts';
import type { Evaluation, Status } from './evaluation.ts';

/** The lists by what they speak of. */
const listOf = {
  client: {
    name: 'smtpd_client_restrictions',
    replyClass: replyClass.client,
    defaultTable: 'check_client_access',
  },
  helo: { name: 'smtpd_helo_restrictions', replyClass: replyClass.helo, defaultTable: 'check_helo_access' },
  sender: {
    name: 'smtpd_sender_restrictions',
    replyClass: replyClass.sender,
    defaultTable: 'check_sender_access',
  },
} as const;

function ask(run: Evaluation, about: keyof typeof listOf, replyName: string): Status {
  const { name, ...context } = listOf[about];
  return evaluateList(run, run.host.list(name), { replyName, ...context });
}

/** Asks smtpd_client_restrictions. @see smtpd_check_client */
export function checkClient(run: Evaluation): Status {
  run.deferIfPermit = undefined;
  const status = ask(run, 'client', run.namaddr);
  run.afterClient = run.deferIfPermit;
  return status;
}

/** Asks smtpd_helo_restrictions; who has not greeted is asked nothing. @see smtpd_check_helo */
export function checkHelo(run: Evaluation): Status {
  if (run.heloName === undefined) return 'dunno';
  run.deferIfPermit = run.afterClient;
  const status = ask(run, 'helo', run.heloName);
  run.afterHelo = run.deferIfPermit;
  return status;
}

/** Asks smtpd_sender_restrictions, and whether a sender of ours is listed. @see smtpd_check_mail */
export function checkMail(run: Evaluation): Status {
  if (run.sender === undefined) return 'dunno';
  run.deferIfPermit = run.afterClient ?? run.afterHelo;
  run.senderMapsChecked = false;
  let status = ask(run, 'sender', run.sender);
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

/** Asks all lists that speak of one recipient, delayed ones first. @see smtpd_check_rcpt */
export function checkRecipient(run: Evaluation, recipient: string): Status {
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
    return decide(run, () => {
      const status = rejectUnlisted(run, address, role);
      run.note(status, status === 'reject' ? run.reason : 'the address is listed, or its class has no list');
      return status;
    });
  } finally {
    run.list = list;
    run.permitted = permitted;
  }
}

/** Asks a list that is about all recipients at once. @see smtpd_check_data, smtpd_check_eod */
export function checkWhole(run: Evaluation, list: string, replyName: string, about: string): Status {
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
export function forceDeferral(run: Evaluation): boolean {
  const doubt = run.deferIfPermit;
  if (!doubt) return false;
  const { code, enhanced, text } = doubt.reply;
  return run.rejectFor(code, enhanced, text, doubt.decidedBy) === 'reject';
}

/** The sender of our own probes is always accepted, or two hosts would refuse each other's. */
function isVerifySender(run: Evaluation, recipient: string): boolean {
  if (run.stage !== 'RCPT') return false;
  const { verifySender } = run.host;
  return verifySender !== '' && verifySender === recipient.toLowerCase();
}
