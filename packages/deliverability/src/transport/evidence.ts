import { TransportLog, type TransportEvent } from './log.ts';

/** How many sessions in which mail was handed over, how many messages, and how many of each were encrypted. */
export interface Share {
  readonly sessions: number;
  readonly encrypted: number;
  readonly messages: number;
  readonly messagesEncrypted: number;
}

export interface PeerShare extends Share {
  readonly peer: string;
  readonly protocols: readonly string[];
  /** Sessions in clear text after encryption was tried and failed. */
  readonly fellBack: number;
}

/** What a log shows about encryption on the way. Plain JSON data. */
export interface TransportEvidence {
  /** The first and the last day or time stamp of the log, as written there. */
  readonly from: string | null;
  readonly to: string | null;
  readonly in: Share;
  readonly out: Share;
  readonly byProtocol: Readonly<Record<string, number>>;
  readonly byCipher: Readonly<Record<string, number>>;
  readonly byTrust: Readonly<Record<string, number>>;
  /**
   * Recipient domains of outgoing mail, and clients of incoming mail, most messages first. A session that took mail for
   * several domains is counted with the first; its messages are counted with each.
   */
  readonly domains: readonly PeerShare[];
  readonly clients: readonly PeerShare[];
  readonly fellBack: readonly PeerShare[];
  /** What the log cannot show, in sentences: levels that are off, lines that are missing. */
  readonly limits: readonly string[];
}

/** Peers beyond these are counted together: a log may name millions. */
const mostPeers = 50_000;
const everybodyElse = '(others)';

interface Count {
  sessions: number;
  encrypted: number;
  messages: number;
  messagesEncrypted: number;
  fellBack: number;
  protocols: Set<string>;
}

/**
 * Counts how mail was protected on its way, out of Postfix's log.
 *
 * @param lines - the log, in order
 */
export async function readTransportEvidence(
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<TransportEvidence> {
  const log = new TransportLog();
  const total = { in: newCount(), out: newCount() };
  const [protocols, ciphers, trusts] = [
    new Map<string, number>(),
    new Map<string, number>(),
    new Map<string, number>(),
  ];
  const domains = new Map<string, Count>();
  const clients = new Map<string, Count>();
  let from: string | null = null;
  let to: string | null = null;
  const take = (event: TransportEvent): void => {
    const { direction, encryption, newSession } = event;
    count(total[direction], event);
    const peer = direction === 'out' ? event.domain : addressOf(event.peer);
    count(countOf(direction === 'out' ? domains : clients, peer ?? event.peer), event);
    if (!newSession) return;
    increase(protocols, encryption?.protocol ?? 'clear text');
    if (!encryption) return;
    increase(ciphers, encryption.cipher);
    if (direction === 'out') increase(trusts, encryption.trust);
  };
  for await (const line of lines) {
    const stamp = /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+)/.exec(line)?.[0];
    if (stamp === undefined) continue;
    from ??= stamp;
    to = stamp;
    const event = log.read(line);
    if (event) take(event);
  }
  for (const event of log.open()) take(event);
  return {
    from,
    to,
    in: share(total.in),
    out: share(total.out),
    byProtocol: Object.fromEntries(protocols),
    byCipher: Object.fromEntries(ciphers),
    byTrust: Object.fromEntries(trusts),
    domains: peers(domains),
    clients: peers(clients),
    fellBack: peers(domains).filter(({ fellBack }) => fellBack > 0),
    limits: limits(log, total),
  };
}

function newCount(): Count {
  return { sessions: 0, encrypted: 0, messages: 0, messagesEncrypted: 0, fellBack: 0, protocols: new Set() };
}

function countOf(counts: Map<string, Count>, peer: string): Count {
  const key = counts.has(peer) || counts.size < mostPeers ? peer : everybodyElse;
  const found = counts.get(key) ?? newCount();
  counts.set(key, found);
  return found;
}

function count(into: Count, { encryption, fellBack, messages, newSession }: TransportEvent): void {
  const sessions = newSession ? 1 : 0;
  into.sessions += sessions;
  into.messages += messages;
  if (encryption) {
    into.encrypted += sessions;
    into.messagesEncrypted += messages;
    into.protocols.add(encryption.protocol);
  }
  if (fellBack) into.fellBack += 1;
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** `host[192.0.2.1]` as the address alone: the name is what the client's reverse DNS says at the moment. */
function addressOf(peer: string): string {
  return /\[([^\]]+)\]$/.exec(peer)?.[1] ?? peer;
}

function share({ sessions, encrypted, messages, messagesEncrypted }: Count): Share {
  return { sessions, encrypted, messages, messagesEncrypted };
}

function peers(counts: ReadonlyMap<string, Count>): PeerShare[] {
  return [...counts]
    .map(([peer, counted]) => ({
      peer,
      ...share(counted),
      fellBack: counted.fellBack,
      protocols: [...counted.protocols].toSorted(),
    }))
    .toSorted((a, b) => b.messages - a.messages || (a.peer < b.peer ? -1 : 1));
}

function limits(log: TransportLog, total: { readonly in: Count; readonly out: Count }): string[] {
  if (log.lines === 0) return ['There is no line of Postfix in this log.'];
  const off = (name: string): string =>
    `No ${name === 'smtp' ? 'outgoing' : 'incoming'} session shows TLS: with ${name}_tls_loglevel = 0 the log would look the same. Set it to 1.`;
  return [
    ...(total.out.sessions > 0 && total.out.encrypted === 0 ? [off('smtp')] : []),
    ...(total.in.sessions > 0 && total.in.encrypted === 0 ? [off('smtpd')] : []),
    ...(log.loopback > 0
      ? [
          `Left out is what stayed within this machine (loopback): ${log.loopback} ${log.loopback === 1 ? 'message' : 'messages'}.`,
        ]
      : []),
  ];
}
