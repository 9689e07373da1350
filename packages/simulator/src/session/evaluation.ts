import { satisfies } from '@postern/config';
import type { Answer, RecordType } from '@postern/dns';
import type { AddressRules } from '../address/find.ts';
import { bareAddress, type ExtensionRules } from '../address/extension.ts';
import { isHostAddress, isHostname, mailHostAddress, withoutFinalDot } from '../address/hostname.ts';
import type { Resolved, Unresolved } from '../address/resolve.ts';
import type { Answers } from '../dns/ask.ts';
import type { Door, Host } from '../host/host.ts';
import type { Match, MatchList, TableReader } from '../match/match-list.ts';
import type { Certificate, Stage, Transaction } from '../model/transaction.ts';
import type { DecidedBy, Place, Reply, Step, Unknown } from '../model/verdict.ts';
import type { RestrictionNode } from '../restrictions/compile.ts';
import type { Within } from '../restrictions/evaluate.ts';
import type { Lookup, Table } from '../tables/table.ts';
import type { Assumptions } from './assumptions.ts';

export type Status = 'permit' | 'dunno' | 'reject';

/** What a list is evaluated for: the name and the kind of thing in its replies. */
export interface Context {
  readonly replyName: string;
  readonly replyClass: string;
  /** The restriction that a bare `type:table` stands for. */
  readonly defaultTable: string | undefined;
}

/** A refusal that is kept until it is known whether it counts. */
export interface Deferral {
  readonly reply: Reply;
  readonly decidedBy: DecidedBy;
}

/** Ends a list at once, whatever stands behind it: smtpd's longjmp. */
export class Abort {
  readonly refusal: Deferral | undefined;
  constructor(refusal: Deferral | undefined) {
    this.refusal = refusal;
  }
}

/** The client as smtpd knows it. */
export interface KnownClient {
  readonly address: string;
  readonly name: string;
  readonly nameStatus: 'ok' | 'permanent' | 'temporary';
  readonly reverseName: string;
  readonly reverseStatus: 'ok' | 'permanent' | 'temporary';
}

/** How a DNS lookup ended, as Postfix tells them apart. */
export type DnsOutcome<T> =
  | { readonly status: 'ok'; readonly records: readonly T[] }
  | { readonly status: 'not-found' | 'retry' | 'invalid' | 'null-mx' };

/** One run through a session: its state, what it met, and what it assumed. */
export class Evaluation implements AddressRules {
  readonly host: Host;
  /** The postscreen before smtpd, if there is one. */
  readonly postscreen: Host | undefined;
  readonly transaction: Transaction;
  readonly answers: Answers;
  readonly assumptions: Assumptions;
  readonly resolved: Map<string, Resolved | Unresolved> = new Map<string, Resolved | Unresolved>();
  readonly steps: Step[] = [];
  readonly actions: string[] = [];
  client: KnownClient;
  readonly namaddr: string;

  stage: Stage = 'CONNECT';
  esmtp = true;
  heloName: string | undefined;
  sender: string | undefined;
  recipient: string | undefined;
  etrnName: string | undefined;
  recipientCount = 0;
  saslActive = false;
  /** TLS is on by now. Before STARTTLS the lists see neither encryption nor certificate. */
  encrypted = false;
  discard = false;
  recursion = 0;
  /** Restrictions that were carried out of the list so far. */
  evaluated = 0;
  /** The lists within the list that were entered. */
  readonly looked: Map<string, Within> = new Map<string, Within>();
  warnIfReject = 0;
  deferIfReject: Deferral | undefined;
  deferIfPermit: Deferral | undefined;
  /** The doubts that were left when the client, HELO and sender lists had been evaluated. */
  afterClient: Deferral | undefined;
  afterHelo: Deferral | undefined;
  afterMail: Deferral | undefined;
  senderMapsChecked = false;
  recipientMapsChecked = false;
  /** The reply of the last refusal, and what brought it about. */
  refusal: Deferral | undefined;
  /** The restriction that permitted last. */
  permitted: DecidedBy | undefined;
  list = '';
  node: RestrictionNode | undefined;
  reason = '';

  constructor(
    { postscreen, smtpd }: Door,
    transaction: Transaction,
    answers: Answers,
    assumptions: Assumptions,
    client: KnownClient,
  ) {
    this.host = smtpd;
    this.postscreen = postscreen;
    this.transaction = transaction;
    this.answers = answers;
    this.assumptions = assumptions;
    this.client = client;
    this.namaddr = `${client.name}[${client.address}]`;
    const { tables } = smtpd.world;
    const answer: Host['answer'] = (table, key) =>
      tables && answers.once(`table ${table} ${key}`, () => tables(table, key));
    smtpd.answer = answer;
    if (postscreen) postscreen.answer = answer;
  }

  /** The client's certificate, once the session is encrypted. */
  get certificate(): Certificate | undefined {
    const { tls } = this.transaction;
    return this.encrypted && typeof tls === 'object' ? tls.certificate : undefined;
  }

  get extension(): ExtensionRules {
    return this.host.extension;
  }

  isLocal(domain: string): boolean {
    return (
      domain.toLowerCase() === this.host.settings.text('myorigin').toLowerCase() ||
      this.isLocalDomain(domain, this.host.mydestination) === true
    );
  }

  /** Whether the configured Postfix is of this series or newer. */
  since(series: string): boolean {
    return satisfies(this.host.configuration.version, `>=${series}`);
  }

  /** The restriction at work, as what decides. */
  deciding(): DecidedBy {
    const { node } = this;
    return {
      list: this.list,
      restriction: node?.name || (node?.argument ?? ''),
      ...(node?.argument !== undefined && { argument: node.argument }),
      file: node?.file ?? null,
      line: node?.line ?? null,
    };
  }

  /** Refuses: a warning under warn_if_reject, an earlier doubt's reply where one waits. @see smtpd_check_reject */
  reject(code: number, enhanced: string, text: string, software = false): Status {
    return this.rejectFor(code, enhanced, text, this.deciding(), software);
  }

  rejectFor(code: number, enhanced: string, text: string, decidedBy: DecidedBy, software = false): Status {
    const warn = this.warnIfReject > 0 && !software;
    let reply: Reply = { code, enhanced, text: printable(text.slice(0, 510)) };
    if (code < 400 || code > 599 || !/^[245]\.\d{1,3}\.\d{1,3}$/.test(enhanced))
      reply = { code: 450, enhanced: '4.7.1', text: 'Service unavailable' };
    if (!warn && this.deferIfReject && reply.code >= 500) {
      const earlier = this.deferIfReject;
      this.warnIfReject = 0;
      this.deferIfReject = undefined;
      const { reply: first } = earlier;
      return this.rejectFor(first.code, first.enhanced, first.text, earlier.decidedBy);
    }
    if (reply.code >= 500 && this.host.settings.flag('soft_bounce'))
      reply = { ...reply, code: reply.code - 100 };
    reply = { ...reply, enhanced: `${String(reply.code)[0]}${reply.enhanced.slice(1)}` };
    if (warn) {
      this.actions.push(`reject_warning: ${reply.code} ${reply.enhanced} ${reply.text}`);
      this.note('warning', `would refuse: ${reply.code} ${reply.enhanced} ${reply.text}`);
      return 'dunno';
    }
    this.refusal = { reply, decidedBy };
    this.reason = `${reply.code} ${reply.enhanced} ${reply.text}`;
    return 'reject';
  }

  /** Refuses and leaves the list. */
  abort(code: number, enhanced: string, text: string, software = false): never {
    this.reject(code, enhanced, text, software);
    throw new Abort(this.refusal);
  }

  lookupFailure(name: string, because: string): never {
    this.reason = because;
    return this.abort(451, '4.3.0', `<${name}>: Temporary lookup failure`);
  }

  configurationError(because: string): never {
    this.actions.push(`warning: ${because}`);
    return this.abort(451, '4.3.5', 'Server configuration error', true);
  }

  /** Refuses for the time being if nothing else does. `action` is what a tempfail parameter says. */
  deferIfPermitted(code: number, enhanced: string, text: string, action = 'defer_if_permit'): Status {
    if (this.warnIfReject > 0 || action.toLowerCase() !== 'defer_if_permit')
      return this.reject(code, enhanced, text);
    this.deferIfPermit ??= this.doubt(code, enhanced, text);
    this.note('defer-later', `deferred unless something refuses: ${text}`);
    return 'dunno';
  }

  /** Makes a later refusal temporary. */
  deferIfRejected(code: number, enhanced: string, text: string): Status {
    this.deferIfReject ??= this.doubt(code, enhanced, text);
    this.note('defer-later', `a refusal becomes temporary: ${text}`);
    return 'dunno';
  }

  private doubt(code: number, enhanced: string, text: string): Deferral {
    return { reply: { code, enhanced, text }, decidedBy: this.deciding() };
  }

  note(result: Step['result'], reason: string): void {
    const { node } = this;
    // The most frequent thing that a run makes: no spreading.
    const step: { -readonly [Key in keyof Step]: Step[Key] } = {
      stage: this.stage,
      list: this.list,
      restriction: node?.name || this.list,
      result,
      reason,
      file: node?.file ?? null,
      line: node?.line ?? null,
    };
    if (node?.argument !== undefined) step.argument = node.argument;
    if (this.recipient !== undefined) step.recipient = this.recipient;
    this.steps.push(step);
  }

  /** Asks the tables of a parameter; what is not known is assumed. */
  read(what: string): (table: Table, key: string) => Lookup {
    return (table, key) => {
      const result = table.lookup(key);
      return result.status === 'unknown' ? this.assumeEntry(table, key, result.because, what) : result;
    };
  }

  private assumeEntry(table: Table, key: string, because: string, what: string): Lookup {
    const says = this.assume({ what: 'table', name: table.name, because, ...this.here() }, `${what} ${key}`, [
      'no entry',
      'an entry',
    ]);
    return says === 'an entry' ? { status: 'found', value: key } : { status: 'absent' };
  }

  /** Chooses among what something unknown may say; every choice is tried in a run of its own. */
  assume<T extends string>(unknown: Unknown, about: string, choices: readonly T[]): T {
    const choice = this.assumptions.choose(unknown, `${unknown.name} ${about}`, choices);
    this.note('unknown', `${unknown.name}: ${unknown.because}; assumed: ${choice}`);
    return choice;
  }

  here(): Place {
    return { file: this.node?.file ?? null, line: this.node?.line ?? null };
  }

  readonly readList: TableReader = (table, key) => {
    const found = this.read('list')(table, key);
    if (found.status === 'found') return found.value;
    return found.status === 'failed' ? { failed: found.because } : undefined;
  };

  matchList(list: MatchList, name: string | undefined, address?: string): Match {
    return list.match(name, address, this.readList);
  }

  /** Whether mail for a domain is delivered here. @see resolve_local(3) */
  isLocalDomain(written: string, mydestination: MatchList): boolean | Unresolved {
    const domain = withoutFinalDot(written);
    const match = mydestination.match(domain, undefined, this.readList);
    if (match.status === 'failed') return { failed: match.because };
    if (match.status === 'match') return true;
    if (!domain.startsWith('[') || !domain.endsWith(']')) return false;
    const address = mailHostAddress(domain.slice(1, -1));
    return address !== undefined && (this.host.own.isOwn(address) || this.host.own.isProxy(address));
  }

  bareAddress(address: string): string | undefined {
    return bareAddress(address, this.host.extension);
  }

  /** A DNS lookup as Postfix makes it: names that are none do not exist. @see dns_lookup(3) */
  dns<T extends RecordType>(
    name: string,
    type: T,
  ): DnsOutcome<Extract<Answer<T>, { status: 'found' }>['records'][number]> {
    if (isHostAddress(name) || !isHostname(name)) return { status: 'not-found' };
    const { resolver } = this.host.world;
    if (!resolver) {
      const says = this.assume(
        { what: 'dns', name: 'DNS', because: 'nothing is known of DNS', ...this.here() },
        `${type} ${name}`,
        ['no such name', 'a failure'],
      );
      return { status: says === 'a failure' ? 'retry' : 'not-found' };
    }
    const answer: Answer<T> = this.answers.once(`${type} ${name.toLowerCase()}`, () =>
      resolver.resolve(name, type),
    );
    if (answer.status === 'failed') return { status: answer.reason === 'bad-name' ? 'not-found' : 'retry' };
    if (answer.status !== 'found') return { status: 'not-found' };
    const { records } = answer;
    if (type === 'MX') {
      const all = records as readonly { preference: number; exchange: string }[];
      if (all.length === 1 && all[0]!.exchange.replace(/\.$/, '') === '') return { status: 'null-mx' };
      const good = all.filter(({ exchange }) => isHostname(exchange) || isHostAddress(exchange));
      if (good.length === 0) return { status: 'invalid' };
      return { status: 'ok', records: good as unknown as typeof records };
    }
    return { status: 'ok', records };
  }

  /** The addresses of a host as getaddrinfo(3) gives them. */
  addresses(
    name: string,
  ):
    | { readonly status: 'ok'; readonly addresses: readonly string[] }
    | { readonly status: 'not-found' | 'retry' } {
    return this.addressesOf(withoutFinalDot(name));
  }

  private addressesOf(name: string): ReturnType<Evaluation['addresses']> {
    if (isHostAddress(name)) return { status: 'ok', addresses: [name] };
    const { settings, world } = this.host;
    const hosts = this.localHosts(name);
    if (hosts) return { status: 'ok', addresses: hosts };
    const protocols = settings.text('inet_protocols').toLowerCase();
    const found: string[] = [];
    let retry = false;
    if (!world.resolver) {
      const outcome = this.dns(name, 'A');
      return { status: outcome.status === 'retry' ? 'retry' : 'not-found' };
    }
    for (const type of ['AAAA', 'A'] as const) {
      if (!/all/.test(protocols) && !protocols.includes(type === 'A' ? 'ipv4' : 'ipv6')) continue;
      const answer = this.dns(name, type);
      if (answer.status === 'ok') found.push(...answer.records);
      else if (answer.status === 'retry') retry = true;
    }
    if (found.length > 0) return { status: 'ok', addresses: found };
    return { status: retry ? 'retry' : 'not-found' };
  }

  private localHosts(name: string): readonly string[] | undefined {
    const { hostsFile } = this.host;
    if (!hostsFile) return name.toLowerCase() === 'localhost' ? ['::1', '127.0.0.1'] : undefined;
    return hostsFile.get(name.toLowerCase());
  }
}

/** Control characters and bytes above 127 do not get into a reply. */
function printable(text: string): string {
  if (/^[ -~]*$/.test(text)) return text;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u{10ffff}]/gu, ' ');
}
