import type { NameStatus, Transaction } from '../model/transaction.ts';

/** One envelope out of a log, and where it stands there. */
export interface LoggedEnvelope {
  readonly transaction: Transaction;
  readonly line: number;
  /** What happened then, where the log says so. */
  readonly fate: 'accepted' | 'refused';
}

export interface LogProblem {
  readonly line: number;
  readonly message: string;
}

/** Lines that are read at most, envelopes that are kept, and characters of a line: Postfix cuts its own at 2,000. */
const most = { lines: 20_000_000, envelopes: 1_000_000, characters: 16_384 };

/**
 *     Nov 23 14:08:51 mail postfix/smtpd[217]: NOQUEUE: reject: RCPT from …
 *     2026-11-23T14:08:51.123456+01:00 mail postfix/submission/smtpd[217]: 4D2A1: client=mx.example.org[192.0.2.7]
 *     ^ either kind of time stamp           ^ syslog name  ^ program
 */
const linePattern =
  /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ ([\w.-]+(?:\/[\w.-]+)*)\/([\w-]+)\[(\d+)\]: (.*)$/;

/** smtpd writes `name[address]`, postscreen `[address]:port`. */
const clientPattern = /([^\s[\]]*)\[([\da-f.:]+)\](?::\d+)?/i;

interface Queued {
  readonly line: number;
  readonly service: string;
  readonly client: { readonly name: string; readonly address: string };
  readonly user: string | undefined;
  from: string | undefined;
  size: number | undefined;
  to: string[];
}

/**
 * Takes envelopes out of a Postfix log: what smtpd refused (NOQUEUE), and what it took, by the lines of smtpd, qmgr and
 * the delivery agents. HELO names are known only of refusals; the log does not hold the others'.
 */
export function readLog(text: string): { envelopes: LoggedEnvelope[]; problems: LogProblem[] } {
  const envelopes: LoggedEnvelope[] = [];
  const queue = new Map<string, Queued>();
  const tls = new Set<string>();
  const finish = (id: string): void => {
    const mail = queue.get(id);
    queue.delete(id);
    if (!mail || mail.from === undefined || mail.to.length === 0) return;
    const { client, user, from, to, size, service } = mail;
    envelopes.push({
      line: mail.line,
      fate: 'accepted',
      transaction: {
        service,
        client: knownClient(client),
        from,
        to: [...new Set(to)],
        ...(user !== undefined && { user, tls: true }),
        ...(size !== undefined && { size }),
      },
    });
  };
  let read = 0;
  let number = 0;
  let tooLong = 0;
  for (let start = 0; start < text.length && number < most.lines && envelopes.length < most.envelopes;) {
    const end = text.indexOf('\n', start);
    const last = end < 0 ? text.length : end;
    const from = start;
    start = last + 1;
    number++;
    if (last - from > most.characters) {
      tooLong ||= number;
      continue;
    }
    const line = text.slice(from, last).replace(/\r$/, '');
    const match = linePattern.exec(line);
    if (!match) continue;
    read++;
    const [, name = '', program, process, message = ''] = match as unknown as string[];
    const session = `${name}[${process}]`;
    if (program === 'smtpd') {
      if (/^(?:dis)?connect from /.test(message)) tls.delete(session);
      else if (/TLS connection established from /.test(message)) tls.add(session);
      const refused = readRefusal(message, serviceOf(name), tls.has(session));
      if (refused) envelopes.push({ transaction: refused, line: number, fate: 'refused' });
      const taken = /^([0-9A-Za-z]+): client=(\S+)(?:.*sasl_username=([^\s,]+))?/.exec(message);
      const client = taken && clientPattern.exec(taken[2]!);
      if (taken && client) {
        queue.set(taken[1]!, {
          line: number,
          service: serviceOf(name),
          client: { name: client[1]!, address: client[2]! },
          user: taken[3],
          from: undefined,
          size: undefined,
          to: [],
        });
      }
      continue;
    }
    if (program === 'postscreen') {
      const refused = readRefusal(withoutCommas(message), serviceOf(name), false);
      if (refused) envelopes.push({ transaction: refused, line: number, fate: 'refused' });
      continue;
    }
    const queued = /^([0-9A-Za-z]+): (.*)$/.exec(message);
    const mail = queued ? queue.get(queued[1]!) : undefined;
    if (!queued || !mail) continue;
    const sender = /^from=<([^>]*)>(?:, size=(\d+))?/.exec(queued[2]!);
    if (sender && program === 'qmgr') {
      mail.from = sender[1]!;
      if (sender[2] !== undefined) mail.size = Number(sender[2]);
    }
    const to = /^to=<([^>]*)>(?:, orig_to=<([^>]*)>)?/.exec(queued[2]!);
    if (to) mail.to.push(to[2] ?? to[1]!);
    if (queued[2] === 'removed') finish(queued[1]!);
  }
  for (const id of queue.keys()) finish(id);
  const problems: LogProblem[] = [];
  if (read === 0 && text.trim() !== '')
    problems.push({ line: 1, message: 'no line of this file is one of a Postfix log' });
  else if (envelopes.length === 0) problems.push({ line: 1, message: 'the log holds no envelope' });
  if (tooLong > 0)
    problems.push({
      line: tooLong,
      message: `a line of more than ${most.characters} characters is left out`,
    });
  if (number >= most.lines || envelopes.length >= most.envelopes)
    problems.push({ line: number, message: 'the log is longer than is read; what follows is left out' });
  return { envelopes, problems };
}

/** `postfix` is the service smtp; `postfix/submission` is the one that was given this name. */
function serviceOf(name: string): string {
  const last = name.split('/').slice(1).at(-1);
  return last ?? 'smtp';
}

/** `NOQUEUE: reject: RCPT from name[address]: 554 5.7.1 …; from=<a> to=<b> proto=ESMTP helo=<c>` */
function readRefusal(message: string, service: string, tls: boolean): Transaction | undefined {
  const match = /^[0-9A-Za-z]+: reject: [A-Z-]+ from (\S+): [45]\d\d /.exec(message);
  const client = match && clientPattern.exec(match[1]!);
  if (!client) return undefined;
  // What stands behind the last reply text is smtpd's own; a sender can put anything into the text before.
  const tail =
    /; ((?:from=<[^>]*> )?(?:to=<[^>]*> )?(?:proto=\w+)?(?: ?helo=<[^>]*>)?(?: ?sasl_username=<[^>]*>)?)$/.exec(
      message,
    )?.[1] ?? '';
  const field = (name: string): string | undefined => new RegExp(`(?:^| )${name}=<([^>]*)>`).exec(tail)?.[1];
  const [from, to, helo, user] = ['from', 'to', 'helo', 'sasl_username'].map((name) => field(name));
  return {
    service,
    client: knownClient({ name: client[1]!, address: client[2]! }),
    // A client that was refused at CONNECT or HELO has said no more.
    ...(from !== undefined && { from, to: to === undefined ? [] : [to] }),
    ...(helo !== undefined && { helo }),
    ehlo: !/proto=SMTP\b/.test(tail),
    ...(user !== undefined && { user }),
    ...((tls || user !== undefined) && { tls: true }),
  };
}

/** postscreen's `from=<a>, to=<b>, proto=ESMTP, helo=<c>` as smtpd writes it. */
function withoutCommas(message: string): string {
  const tail = message.lastIndexOf('; from=<');
  return tail < 0
    ? message
    : message.slice(0, tail) + message.slice(tail).replaceAll(/, (?=(?:to|proto|helo)=)/g, ' ');
}

function knownClient({ name, address }: { name: string; address: string }): Transaction['client'] {
  // postscreen does not look names up.
  if (name === '') return { address };
  const nameStatus: NameStatus = name === 'unknown' ? 'permanent' : 'ok';
  return { address, name, nameStatus };
}
