import { domainOf, nullSenderName, type QueueMessage, type QueueProblem } from './message.ts';

/** The queue in numbers of messages. A message with recipients at several domains, or several reasons, counts once for each. */
export interface QueueSummary {
  readonly total: number;
  /** Bytes of content. */
  readonly size: number;
  readonly byQueue: Readonly<Record<string, number>>;
  /** Minutes since it came, doubling: `<5`, `<10` … `<1280`, `≥1280`, the columns of qshape(1). */
  readonly byAge: Readonly<Record<string, number>>;
  /** The null sender is MAILER-DAEMON, as in listings. */
  readonly bySender: Readonly<Record<string, number>>;
  readonly byRecipientDomain: Readonly<Record<string, number>>;
  /** Numbers and names of hosts in a reason are taken out, so that equal reasons count as equal. */
  readonly byReason: Readonly<Record<string, number>>;
  /** For each recipient domain the messages by age, in the order of `byAge`; the greatest first. */
  readonly shape: readonly {
    readonly domain: string;
    readonly total: number;
    readonly ages: readonly number[];
  }[];
  readonly problems: readonly QueueProblem[];
}

/** Upper ends of the columns, in minutes. */
const ages = [5, 10, 20, 40, 80, 160, 320, 640, 1280] as const;

export const ageLabels: readonly string[] = [...ages.map((minutes) => `<${minutes}`), '≥1280'];

/** The most different senders, domains and reasons that are kept apart; the rest counts as `(others)`. */
const mostKinds = 100_000;

/** Counts messages one by one and keeps none of them. */
export class Summariser {
  #total = 0;
  #size = 0;
  readonly #queues = new Tally();
  readonly #ages: number[] = ageLabels.map(() => 0);
  readonly #senders = new Tally();
  readonly #reasons = new Tally();
  readonly #shape = new Map<string, Uint32Array>();
  readonly #plain = new Map<string, string>();
  readonly #now: number;

  /** @param now  seconds since 1970 */
  constructor(now: number) {
    this.#now = now;
  }

  add(message: QueueMessage): void {
    this.#total++;
    this.#size += message.size;
    const age = column((this.#now - message.arrived) / 60);
    this.#ages[age]!++;
    this.#queues.add(message.queue);
    this.#senders.add(message.sender === '' ? nullSenderName : message.sender);
    const { recipients } = message;
    if (recipients.length === 1) {
      const { address, reason } = recipients[0]!;
      this.#domain(domainOf(address), age);
      if (reason !== '') this.#reasons.add(this.#reason(reason));
      return;
    }
    for (const domain of new Set(recipients.map(({ address }) => domainOf(address))))
      this.#domain(domain, age);
    for (const reason of new Set(recipients.map((each) => this.#reason(each.reason)))) {
      if (reason !== '') this.#reasons.add(reason);
    }
  }

  result(problems: readonly QueueProblem[] = []): QueueSummary {
    const shape = [...this.#shape]
      .map(([domain, counts]) => ({
        domain,
        total: counts.reduce((sum, count) => sum + count, 0),
        ages: [...counts],
      }))
      .toSorted((a, b) => b.total - a.total);
    return {
      total: this.#total,
      size: this.#size,
      byQueue: this.#queues.result(),
      byAge: Object.fromEntries(ageLabels.map((label, index) => [label, this.#ages[index]!])),
      bySender: this.#senders.result(),
      byRecipientDomain: record(shape.map(({ domain, total }) => [domain, total])),
      byReason: this.#reasons.result(),
      shape,
      problems,
    };
  }

  #domain(domain: string, age: number): void {
    let counts = this.#shape.get(domain);
    if (counts === undefined) {
      const name = this.#shape.size < mostKinds ? domain : others;
      counts = this.#shape.get(name) ?? new Uint32Array(ageLabels.length);
      this.#shape.set(name, counts);
    }
    counts[age]!++;
  }

  #reason(reason: string): string {
    let plain = this.#plain.get(reason);
    if (plain === undefined) {
      plain = plainReason(reason);
      if (this.#plain.size < 10_000) this.#plain.set(reason, plain);
    }
    return plain;
  }
}

/** A reason without what differs from message to message: addresses, ids, times, the number of a host. */
export function plainReason(reason: string): string {
  return reason
    .replaceAll(/<[^<>\s]*@[^<>\s]*>/g, '<…>')
    .replaceAll(/\[(?:[0-9.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*)\]/g, '[…]')
    .replaceAll(/\b(?:[0-9]+[a-zA-Z][0-9a-zA-Z]{6,}|[0-9]{4,})\b/g, '…')
    .slice(0, 200);
}

const others = '(others)';

class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    const count = this.#counts.get(name);
    if (count !== undefined) this.#counts.set(name, count + 1);
    else if (this.#counts.size < mostKinds) this.#counts.set(name, 1);
    else this.#counts.set(others, (this.#counts.get(others) ?? 0) + 1);
  }

  /** The greatest first. */
  result(): Record<string, number> {
    return record([...this.#counts].toSorted((a, b) => b[1] - a[1]));
  }
}

/** Any name may be a key, `__proto__` too: a sender chooses it. */
function record(entries: readonly (readonly [string, number])[]): Record<string, number> {
  return Object.fromEntries(entries);
}

function column(minutes: number): number {
  const index = ages.findIndex((end) => minutes < end);
  return index === -1 ? ages.length : index;
}
