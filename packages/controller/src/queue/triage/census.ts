import { domainOf, type QueueMessage } from '../message.ts';
import { plainReason } from '../summary.ts';

/** The legitimate part of a queue in the numbers that name a cause. */
export class Census {
  total: number = 0;
  readonly senders: Map<string, { count: number; domains: Set<string>; ids: string[] }> = new Map();
  readonly domains: Map<string, { count: number; unreachable: number; reasons: Map<string, number> }> =
    new Map();
  /** Messages whose reason speaks of a filter, a milter or a delivery service on this machine. */
  filter: number = 0;
  readonly filterReasons: Map<string, number> = new Map();

  add(message: QueueMessage): void {
    this.total++;
    if (message.sender !== '') this.#sender(message);
    const seen = new Set<string>();
    let filtered = false;
    for (const { address, reason } of message.recipients) {
      const plain = plainReason(reason);
      if (!filtered && filterReason.test(reason)) {
        filtered = true;
        this.filter++;
        count(this.filterReasons, plain);
      }
      const domain = domainOf(address);
      if (seen.has(domain)) continue;
      seen.add(domain);
      this.#domain(domain, reason, plain);
    }
  }

  #sender({ sender, recipients, id }: QueueMessage): void {
    let entry = this.senders.get(sender);
    if (entry === undefined) {
      if (this.senders.size >= mostKinds) return;
      this.senders.set(sender, (entry = { count: 0, domains: new Set(), ids: [] }));
    }
    entry.count++;
    if (entry.ids.length < sampledIds) entry.ids.push(id);
    for (const { address } of recipients) if (entry.domains.size < 1000) entry.domains.add(domainOf(address));
  }

  #domain(domain: string, reason: string, plain: string): void {
    let entry = this.domains.get(domain);
    if (entry === undefined) {
      if (this.domains.size >= mostKinds) return;
      this.domains.set(domain, (entry = { count: 0, unreachable: 0, reasons: new Map() }));
    }
    entry.count++;
    if (unreachableReason.test(reason) && !filterReason.test(reason)) entry.unreachable++;
    if (entry.reasons.size < 20 || entry.reasons.has(plain)) count(entry.reasons, plain);
  }
}

/** Nobody is there, as smtp(8) says it. */
const unreachableReason =
  /^connect to |connection (?:timed out|refused|reset)|no route to host|network is unreachable|host (?:or domain name )?not found|lost connection|conversation with .* timed out/i;

/** Where mail waits for a service of this machine: loopback addresses, sockets, services that master cannot start. */
const filterReason =
  /^connect to (?:[^\s[]*\[(?:127\.[0-9.]+|::1|private\/[^\]]*|[^\]]*\/[^\]]*)\]|127\.|localhost)|mail transport unavailable|unknown mail transport error|(?:milter|content[_ ]filter|amavis|rspamd|clamav)\b.*(?:unavailable|refused|fail|timed? ?out)/i;

const mostKinds = 100_000;
const sampledIds = 5;

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
