/** One session that the log tells of: who, in or out, and how it was encrypted. */
export interface TransportSession {
  readonly direction: 'in' | 'out';
  /** Out: the server's name and address; in: the client's. */
  readonly peer: string;
  /** Out: the recipient's domain where the log names it. */
  readonly domain?: string;
  readonly protocol: string | null;
  readonly cipher: string | null;
  /** `Trusted`, `Verified`, `Untrusted`, `Anonymous`; null in clear text. */
  readonly trust: string | null;
  /** An attempt to encrypt failed, and mail went in clear text afterwards. */
  readonly fellBack: boolean;
}

interface Pending {
  protocol: string;
  cipher: string;
  trust: string;
}

const line =
  /^(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ postfix\S*?\/(\w+)\[(\d+)\]: (.*)$/;
const established =
  /^(Anonymous|Untrusted|Trusted|Verified) TLS connection established (to|from) (\S+?)(?::\d+)?: (\S+) with cipher (\S+)/;
/** More processes than this are not followed at once: the oldest is let go. */
const mostProcesses = 20_000;

/**
 * Reads sessions out of Postfix's log, line by line. Lines of other programs are passed over.
 * Needs smtp_tls_loglevel = 1 and smtpd_tls_loglevel = 1: without them every session looks like clear text.
 */
export class TransportLog {
  readonly #pending = new Map<string, Pending>();
  readonly #failed = new Map<string, string>();
  readonly #incoming = new Map<string, { peer: string; tls?: Pending; mail: boolean }>();
  /** Lines of Postfix, and those among them that told of TLS: none of these means that the log levels are 0. */
  lines = 0;
  tlsLines = 0;

  /** The session that a line completes, if it does. */
  read(text: string): TransportSession | undefined {
    const match = line.exec(text);
    if (!match) return undefined;
    this.lines += 1;
    const [, service, pid, message] = match;
    const process = `${service}[${pid}]`;
    const tls = established.exec(message!);
    if (tls) {
      this.tlsLines += 1;
      const [, trust, direction, peer, protocol, cipher] = tls;
      const seen = { trust: trust!, protocol: protocol!, cipher: cipher! };
      if (direction === 'to') remember(this.#pending, `${process} ${peer}`, seen);
      else {
        const session = this.#incoming.get(process) ?? { peer: peer!, mail: false };
        remember(this.#incoming, process, { ...session, tls: seen });
      }
      return undefined;
    }
    return service === 'smtpd' ? this.#readIn(process, message!) : this.#readOut(process, message!);
  }

  #readIn(process: string, message: string): TransportSession | undefined {
    const connect = /^connect from (\S+)$/.exec(message);
    if (connect) {
      remember(this.#incoming, process, { peer: connect[1]!, mail: false });
      return undefined;
    }
    const session = this.#incoming.get(process);
    if (!session) return undefined;
    if (/^[0-9A-Za-z]+: client=/.test(message)) {
      session.mail = true;
      return undefined;
    }
    if (!message.startsWith('disconnect from ')) return undefined;
    this.#incoming.delete(process);
    // Who only looked in sent nothing that could have been protected.
    if (!session.mail) return undefined;
    return { direction: 'in', peer: session.peer, ...shown(session.tls), fellBack: false };
  }

  #readOut(process: string, message: string): TransportSession | undefined {
    const failed = /^SSL_connect error to (\S+?)(?::\d+)?: /.exec(message);
    if (failed) {
      this.tlsLines += 1;
      remember(this.#failed, process, failed[1]!);
      return undefined;
    }
    const sent = /^[0-9A-Za-z]+: to=<([^>]*)>.*, relay=(\S+?)(?::\d+)?, .*status=sent/.exec(message);
    if (!sent) return undefined;
    const [, recipient, relay] = sent;
    if (relay === 'local' || relay === 'virtual' || relay === 'none' || !relay!.includes('['))
      return undefined;
    // A connection that is kept serves several messages; each was protected by the same handshake.
    const tls = this.#pending.get(`${process} ${relay}`);
    const fellBack = tls === undefined && this.#failed.get(process) === relay;
    this.#failed.delete(process);
    const domain = recipient!.slice(recipient!.lastIndexOf('@') + 1).toLowerCase();
    return { direction: 'out', peer: relay!, ...(domain === '' ? {} : { domain }), ...shown(tls), fellBack };
  }
}

function shown(tls: Pending | undefined): Pick<TransportSession, 'protocol' | 'cipher' | 'trust'> {
  return tls ?? { protocol: null, cipher: null, trust: null };
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > mostProcesses) map.delete(map.keys().next().value!);
}
