import type { Plan } from '@postern/plan';
import type { Host } from '../../host/host.ts';
import type { KnownMessage } from '../ledger.ts';
import { listQueue } from '../list.ts';
import { domainOf, type QueueMessage, type QueueProblem } from '../message.ts';
import { nameCauses, type Cause } from './causes.ts';
import { Census } from './census.ts';
import { inspect, type HeaderBlock } from './inspect.ts';
import { judge, type Judgement, type Ours, type Why } from './judge.ts';
import { releaseOrder, releasePace, type ReleasePace } from './release.ts';
import { remedyPlan } from './remedy.ts';
import { ownDomains, ownNetworks, readSettings } from './settings.ts';

/** A stuck queue, sorted. */
export interface Triage {
  readonly total: number;
  readonly backscatter: TriageGroup;
  readonly legitimate: TriageGroup;
  /** What could not be looked into; treat it as legitimate. */
  readonly unsure: TriageGroup;
  /** What fills the queue, the greatest first. */
  readonly causes: readonly Cause[];
  /** Stops the causes; for `apply`. */
  readonly plan: Plan;
  /** The legitimate messages that are on hold, in the order in which they should go. */
  readonly release: readonly KnownMessage[];
  /** How fast, so that the disk does not melt again. */
  readonly pace: ReleasePace;
  readonly problems: readonly string[];
}

export interface TriageGroup {
  readonly count: number;
  /** Bytes of content. */
  readonly size: number;
  readonly byWhy: Readonly<Partial<Record<Why, number>>>;
  readonly certain: number;
  readonly samples: readonly TriageSample[];
  /** All of them, for `hold`. */
  readonly messages: readonly KnownMessage[];
}

/** One message and what speaks for its place. */
export interface TriageSample {
  readonly id: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  readonly why: Why;
  readonly confidence: Judgement['confidence'];
  /** From its header, where it was looked into. */
  readonly from?: string;
  readonly subject?: string;
}

export interface TriageOptions {
  readonly signal?: AbortSignal;
  /** Samples of each reason; 3 by default. */
  readonly samples?: number;
  readonly onProgress?: (progress: {
    readonly step: 'listing' | 'inspecting';
    readonly done: number;
    readonly total?: number;
  }) => void;
}

/**
 * Tells backscatter from legitimate mail. Backscatter has the null sender, no recipient of ours, and nothing in it
 * that is ours: every candidate is looked into, and whatever speaks for it wins. Nothing is changed.
 */
export async function triageQueue(
  host: Host,
  directory: string | undefined,
  { signal, samples = 3, onProgress }: TriageOptions = {},
): Promise<Triage> {
  const signalled = signal ? { signal } : {};
  const settings = await readSettings(host, directory, signal);
  const candidates = new Map<string, QueueMessage>();
  const withSender: QueueMessage[] = [];
  let listed = 0;
  const { problems: unread, unreadable } = await listQueue(
    host,
    directory,
    (message) => {
      if (message.sender === '') candidates.set(message.id, message);
      else withSender.push(message);
      if (++listed % 1000 === 0) onProgress?.({ step: 'listing', done: listed });
    },
    signalled,
  );
  const foreign = new Set<string>();
  for (const { recipients } of candidates.values())
    for (const { address } of recipients) foreign.add(domainOf(address));
  const domains = await ownDomains(host, directory, settings, foreign, signal);
  const ours: Ours = {
    domains,
    hostname: settings.expanded.get('myhostname') ?? '',
    networks: ownNetworks(settings.expanded.get('mynetworks')),
  };

  const groups = {
    backscatter: new Group(samples),
    legitimate: new Group(samples),
    unsure: new Group(samples),
  };
  const census = new Census();
  const legitimate: QueueMessage[] = [];
  const keep = (
    message: QueueMessage,
    why: Why,
    header?: HeaderBlock,
    confidence: Judgement['confidence'] = 'certain',
  ): void => {
    groups.legitimate.add(message, why, confidence, header);
    census.add(message);
    legitimate.push(message);
  };
  for (const message of withSender) keep(message, 'has-sender');
  for (const message of candidates.values()) {
    const local =
      message.recipients.length === 0 || message.recipients.some(({ address }) => domains.owns(address));
    // A table that could not be asked may have held any of the domains.
    if (!local && domains.problems.length === 0) continue;
    candidates.delete(message.id);
    if (local) keep(message, 'own-recipient');
    else groups.unsure.add(message, 'not-inspected', 'likely');
  }
  const facts = { count: 0, forOurRecipients: 0, unknownUser: 0 };
  const wanted = candidates.size;
  const take = (message: QueueMessage, judgement: Judgement, header: HeaderBlock): void => {
    if (judgement.verdict === 'legitimate') return keep(message, judgement.why, header, judgement.confidence);
    groups.backscatter.add(message, judgement.why, judgement.confidence, header);
    facts.count++;
    if (judgement.forOurRecipient) facts.forOurRecipients++;
    if (judgement.forOurRecipient && judgement.status?.startsWith('5.1.')) facts.unknownUser++;
  };
  await inspect(
    host,
    directory,
    [...candidates.keys()],
    (inspection) => {
      const message = candidates.get(inspection.id);
      if (message === undefined) return;
      candidates.delete(inspection.id);
      take(message, judge(inspection, ours), inspection.header);
      const done = wanted - candidates.size;
      if (done % 1000 === 0) onProgress?.({ step: 'inspecting', done, total: wanted });
    },
    signalled,
  );
  // What is gone by now needs no place; what could not be read is left alone.
  for (const message of candidates.values()) groups.unsure.add(message, 'not-inspected', 'likely');

  const accounts = await accountsOf(host, directory, census, signal);
  const total = listed;
  const causes = nameCauses(total, facts, census, settings, accounts);
  return {
    total,
    backscatter: groups.backscatter.result(),
    legitimate: groups.legitimate.result(),
    unsure: groups.unsure.result(),
    causes,
    plan: remedyPlan(host.name, settings, causes, total),
    release: releaseOrder(legitimate, causes),
    pace: releasePace(settings.commit),
    problems: [...unreadLines(unread, unreadable), ...domains.problems],
  };
}

/** By whose login the greatest senders sent: a few messages of each tell. */
async function accountsOf(
  host: Host,
  directory: string | undefined,
  census: Census,
  signal: AbortSignal | undefined,
): Promise<Map<string, string>> {
  const greatest = [...census.senders].toSorted((a, b) => b[1].count - a[1].count).slice(0, 3);
  const senderOf = new Map(greatest.flatMap(([sender, { ids }]) => ids.map((id) => [id, sender] as const)));
  const accounts = new Map<string, string>();
  await inspect(
    host,
    directory,
    [...senderOf.keys()],
    ({ id, attributes }) => {
      const account = attributes['sasl_username'];
      const sender = senderOf.get(id);
      if (account !== undefined && sender !== undefined) accounts.set(sender, account);
    },
    signal ? { signal } : {},
  );
  return accounts;
}

function unreadLines(problems: readonly QueueProblem[], unreadable: number): string[] {
  if (unreadable === 0) return [];
  return [`${unreadable} lines of the listing could not be read: ${problems[0]?.message ?? ''}`];
}

class Group {
  readonly #perWhy: number;
  readonly #messages: KnownMessage[] = [];
  readonly #byWhy: Partial<Record<Why, number>> = {};
  readonly #samples: TriageSample[] = [];
  #size = 0;
  #certain = 0;

  constructor(perWhy: number) {
    this.#perWhy = perWhy;
  }

  add(message: QueueMessage, why: Why, confidence: Judgement['confidence'], header: HeaderBlock = []): void {
    const { id, arrived, size, queue, sender, recipients } = message;
    this.#messages.push({ id, arrived, size, queue });
    this.#size += size;
    if (confidence === 'certain') this.#certain++;
    const seen = this.#byWhy[why] ?? 0;
    this.#byWhy[why] = seen + 1;
    if (seen >= this.#perWhy) return;
    const field = (name: string): string | undefined => header.find(([each]) => each === name)?.[1];
    const [from, subject] = [field('from'), field('subject')];
    this.#samples.push({
      id,
      sender,
      recipients: recipients.slice(0, 5).map(({ address }) => address),
      why,
      confidence,
      ...(from !== undefined && { from }),
      ...(subject !== undefined && { subject }),
    });
  }

  result(): TriageGroup {
    return {
      count: this.#messages.length,
      size: this.#size,
      byWhy: this.#byWhy,
      certain: this.#certain,
      samples: this.#samples,
      messages: this.#messages,
    };
  }
}
