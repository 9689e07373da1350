import { isLoopback } from './loopback.ts';

/** How a session was encrypted, as Postfix logs it. */
interface Encryption {
  readonly protocol: string;
  readonly cipher: string;
  /** `Trusted`, `Verified`, `Untrusted` or `Anonymous`. */
  readonly trust: string;
}

/** A message that went over the wire, or a session in which some did. */
export interface TransportEvent {
  readonly direction: 'in' | 'out';
  /** Out: the server's name and address; in: the client's. */
  readonly peer: string;
  /** Out: the recipient's domain where the log names it. */
  readonly domain?: string;
  readonly encryption: Encryption | null;
  /** An attempt to encrypt failed, and mail went in clear text afterwards. */
  readonly fellBack: boolean;
  /** Messages that it tells of. */
  readonly messages: number;
  /** The event begins a session; false for further messages over a connection that was kept. */
  readonly newSession: boolean;
}

/** A connection that smtp(8) or lmtp(8) sends over. */
interface Outgoing {
  readonly peer: string;
  readonly encryption: Encryption | null;
  readonly queueId: string;
}

interface Incoming {
  readonly peer: string;
  encryption: Encryption | null;
  messages: number;
}

const line =
  /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) (?:\S+ )?(?:\S*\/)?(smtpd|smtp|lmtp)\[(\d+)\]: (.*)$/;
const handshake =
  /^(Anonymous|Untrusted|Trusted|Verified) TLS connection (?:established|reused) (to|from) (\S+?)(?: to \S+)?: (\S+) with cipher (\S+)/;
const handshakeFailed = /^(?:SSL_connect error to (\S+?): |[0-9A-Za-z]+: Cannot start TLS: )/;
const sent = /^([0-9A-Za-z]+): to=<([^>]*)>, (?:orig_to=<[^>]*>, )?relay=([^\s,]+), (.*)$/;
/** Postfix cuts its own lines well before this; a longer one is nobody's log. */
const longestLine = 8_192;
/** More processes than this are not followed at once: the oldest is let go. */
const mostProcesses = 20_000;

/**
 * Reads how mail travelled out of Postfix's log, line by line; lines of other programs are passed over. Needs
 * smtp_tls_loglevel = 1 and smtpd_tls_loglevel = 1: without them every session looks like clear text.
 */
export class TransportLog {
  /** The last handshake of a client process, until a message goes over it. */
  readonly #handshakes = new Map<string, Encryption & { readonly peer: string }>();
  readonly #failed = new Map<string, string>();
  readonly #outgoing = new Map<string, Outgoing>();
  readonly #incoming = new Map<string, Incoming>();
  /** Lines of Postfix's clients and servers. */
  lines = 0;
  /** Messages over the loopback interface, which leave no machine. */
  loopback = 0;

  /** What a line completes, if it does. */
  read(text: string): TransportEvent | undefined {
    const match = text.length > longestLine ? null : line.exec(text);
    if (!match) return undefined;
    this.lines += 1;
    const [, service, pid, message] = match;
    const process = `${service}[${pid}]`;
    const event = service === 'smtpd' ? this.#readIn(process, message!) : this.#readOut(process, message!);
    if (!event || !isLoopback(event.peer)) return event;
    this.loopback += event.messages;
    return undefined;
  }

  /** Sessions that had not ended when the log did. */
  open(): TransportEvent[] {
    return [...this.#incoming.values()]
      .filter(({ messages, peer }) => messages > 0 && !isLoopback(peer))
      .map(incoming);
  }

  #readIn(process: string, message: string): TransportEvent | undefined {
    const connect = /^connect from (\S+?\])(?::\d+)?$/.exec(message);
    if (connect) {
      remember(this.#incoming, process, { peer: connect[1]!, encryption: null, messages: 0 });
      return undefined;
    }
    const tls = handshake.exec(message);
    if (tls) {
      // The log may begin after the client has connected.
      const session = this.#incoming.get(process) ?? {
        peer: tls[3]!.replace(/\]:\d+$/, ']'),
        encryption: null,
        messages: 0,
      };
      session.encryption = encryptionOf(tls);
      remember(this.#incoming, process, session);
      return undefined;
    }
    const session = this.#incoming.get(process);
    if (!session) return undefined;
    if (/^[0-9A-Za-z]+: client=/.test(message)) session.messages += 1;
    if (!message.startsWith('disconnect from ')) return undefined;
    this.#incoming.delete(process);
    // Who only looked in sent nothing that could have been protected.
    return session.messages > 0 ? incoming(session) : undefined;
  }

  #readOut(process: string, message: string): TransportEvent | undefined {
    const tls = handshake.exec(message);
    if (tls) {
      remember(this.#handshakes, process, { ...encryptionOf(tls), peer: tls[3]! });
      return undefined;
    }
    const failed = handshakeFailed.exec(message);
    if (failed) {
      if (failed[1] !== undefined) remember(this.#failed, process, failed[1]);
      return undefined;
    }
    const delivery = sent.exec(message);
    if (!delivery || !/^[^(]*\bstatus=sent\b/.test(delivery[4]!)) return undefined;
    const [, queueId, recipient, relay, rest] = delivery;
    if (!relay!.includes('[') || relay!.includes('[private/') || relay!.includes('[public/'))
      return undefined;
    return this.#deliver(process, relay!, queueId!, recipient!, /\bconn_use=\d+/.test(rest!));
  }

  #deliver(
    process: string,
    relay: string,
    queueId: string,
    recipient: string,
    kept: boolean,
  ): TransportEvent | undefined {
    const before = this.#outgoing.get(process);
    // One message to several recipients: a line for each, and one transfer.
    if (before?.queueId === queueId && before.peer === relay) return undefined;
    const shaken = this.#handshakes.get(process);
    this.#handshakes.delete(process);
    const fresh = shaken?.peer === relay ? shaken : null;
    // A connection that was kept is as it was; another process may have opened it, and that one says "reused".
    const encryption = fresh ?? (kept && before?.peer === relay ? before.encryption : null);
    remember(this.#outgoing, process, { peer: relay, encryption, queueId });
    const fellBack = encryption === null && this.#failed.get(process) === relay;
    this.#failed.delete(process);
    const domain = recipient.slice(recipient.lastIndexOf('@') + 1).toLowerCase();
    return {
      direction: 'out',
      peer: relay.replace(/\]:\d+$/, ']'),
      ...(domain === '' ? {} : { domain }),
      encryption,
      fellBack,
      messages: 1,
      newSession: !kept,
    };
  }
}

function encryptionOf([, trust, , , protocol, cipher]: RegExpExecArray): Encryption {
  return { trust: trust!, protocol: protocol!, cipher: cipher! };
}

function incoming({ peer, encryption, messages }: Incoming): TransportEvent {
  return { direction: 'in', peer, encryption, messages, fellBack: false, newSession: true };
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > mostProcesses) map.delete(map.keys().next().value!);
}
