import { isIP } from 'node:net';
import { connect as connectTls, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { quoteEvidence } from '../check.ts';
import { SmtpSession, type SmtpReply } from './session.ts';

export interface ProbeOptions {
  /** The name to ask for in the handshake and to hold the certificate against. */
  readonly name: string;
  /** What to say in EHLO (`postern.invalid`). */
  readonly ehlo?: string;
  /** TLS from the first byte, as on port 465. */
  readonly implicitTls?: boolean;
  /** Authorities to trust instead of the system's, in PEM. */
  readonly ca?: string;
  /** How long all of it may take, in ms (10 000). */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** A certificate as a server shows it. */
export interface ServedCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** DNS names and addresses it holds for. */
  readonly names: readonly string[];
  /** Time stamps in ISO 8601; as written in the certificate where they are no time. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly serial: string;
  /** The certificates of the chain as sent, the server's own first, in DER. */
  readonly chain: readonly Uint8Array[];
}

export interface TlsSeen {
  readonly protocol: string;
  readonly cipher: string;
  readonly certificate: ServedCertificate | null;
  /** Why the certificate is not believed: not trusted, expired, another name; absent where it is. */
  readonly distrust?: string;
}

/** What a server said. `open` is false where nothing answered. */
export interface SmtpSeen {
  readonly address: string;
  readonly port: number;
  readonly open: boolean;
  readonly greeting?: SmtpReply;
  /** Keywords of the EHLO reply, upper case, with their parameters. */
  readonly extensions: readonly string[];
  readonly tls?: TlsSeen;
  /** Where it ended early, and how: in words. */
  readonly problem?: string;
  /** The problem was an active refusal, not silence. */
  readonly refused?: boolean;
}

/**
 * Talks to a server as far as TLS goes: greeting, EHLO, STARTTLS, the handshake, EHLO, QUIT. No mail is begun.
 * Whatever the server does, this ends in time and is a result.
 */
export async function probeSmtp(address: string, port: number, options: ProbeOptions): Promise<SmtpSeen> {
  const { timeout = 10_000 } = options;
  const limit = AbortSignal.timeout(timeout);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  const opened = await SmtpSession.open(address, port, signal);
  const base = { address, port, extensions: [] };
  if ('problem' in opened) return { ...base, open: false, problem: opened.problem, refused: opened.refused };
  const { session } = opened;
  try {
    return { ...base, open: true, ...(await converse(session, options, signal)) };
  } finally {
    session.close();
  }
}

async function converse(
  session: SmtpSession,
  { name, ehlo = 'postern.invalid', implicitTls = false, ca }: ProbeOptions,
  signal: AbortSignal,
): Promise<Partial<SmtpSeen>> {
  let tls: TlsSeen | undefined;
  if (implicitTls) {
    const shaken = await handshake(session, name, ca, signal);
    if ('problem' in shaken) return shaken;
    tls = shaken.tls;
  }
  const greeted = await session.ask(undefined, signal);
  if ('problem' in greeted) return { ...(tls ? { tls } : {}), problem: greeted.problem };
  const greeting = greeted.reply;
  const seen = { greeting, ...(tls ? { tls } : {}) };
  if (greeting.code !== 220)
    return { ...seen, problem: `it greets with ${greeting.code} ${quoteEvidence(greeting.lines.join(' '))}` };
  const hello = await session.ask(`EHLO ${ehlo}`, signal);
  if ('problem' in hello) return { ...seen, problem: hello.problem };
  if (hello.reply.code !== 250) return { ...seen, problem: `it answers EHLO with ${hello.reply.code}` };
  const extensions = extensionsOf(hello.reply);
  if (tls || !extensions.includes('STARTTLS')) {
    await session.quit(signal);
    return { ...seen, extensions };
  }
  const started = await session.ask('STARTTLS', signal);
  if ('problem' in started) return { ...seen, extensions, problem: started.problem };
  if (started.reply.code !== 220) {
    return {
      ...seen,
      extensions,
      problem: `it answers STARTTLS with ${started.reply.code} ${quoteEvidence(started.reply.lines.join(' '))}`,
    };
  }
  const shaken = await handshake(session, name, ca, signal);
  if ('problem' in shaken) return { ...seen, extensions, problem: shaken.problem };
  const again = await session.ask(`EHLO ${ehlo}`, signal);
  const inside = 'reply' in again && again.reply.code === 250 ? extensionsOf(again.reply) : [];
  await session.quit(signal);
  return { ...seen, extensions: inside.length > 0 ? [...inside, 'STARTTLS'] : extensions, tls: shaken.tls };
}

/** More keywords than this in one EHLO reply are not kept. */
const mostExtensions = 100;

function extensionsOf({ lines }: SmtpReply): string[] {
  return lines.slice(1, mostExtensions + 1).map((line) => quoteEvidence(line).toUpperCase());
}

function handshake(
  session: SmtpSession,
  name: string,
  ca: string | undefined,
  signal: AbortSignal,
): Promise<{ readonly tls: TlsSeen } | { readonly problem: string }> {
  return new Promise((resolve) => {
    const socket = connectTls({
      socket: session.handOver(),
      ...(isIP(name) ? {} : { servername: name }),
      ...(ca === undefined ? {} : { ca }),
      // What is wrong with the certificate is a finding, not the end of the talk.
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    const settle = (outcome: { readonly tls: TlsSeen } | { readonly problem: string }): void => {
      signal.removeEventListener('abort', stop);
      resolve(outcome);
    };
    const stop = (): void => {
      settle({ problem: 'the TLS handshake took too long' });
      socket.destroy();
    };
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    socket.once('secureConnect', () => {
      session.continueOn(socket);
      settle({ tls: readTls(socket) });
    });
    // Both stay for good: what breaks later finds the promise settled and a listener there.
    socket.on('error', (cause) => settle({ problem: `the TLS handshake failed: ${reasonOf(cause)}` }));
    socket.on('close', () => settle({ problem: 'the server closed the connection in the TLS handshake' }));
  });
}

/** OpenSSL's own words, without the place in its source. */
function reasonOf(cause: Error): string {
  return 'reason' in cause && typeof cause.reason === 'string' ? cause.reason : cause.message;
}

function readTls(socket: TLSSocket): TlsSeen {
  const peer = socket.getPeerCertificate(true);
  const distrust = socket.authorizationError;
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    certificate: Object.keys(peer).length === 0 ? null : readCertificate(peer),
    ...(socket.authorized
      ? {}
      : { distrust: distrust instanceof Error ? distrust.message : String(distrust) }),
  };
}

function readCertificate(peer: DetailedPeerCertificate): ServedCertificate {
  const chain: Uint8Array[] = [];
  let next: DetailedPeerCertificate | undefined = peer;
  // A root names itself as its issuer.
  while (next?.raw && chain.length < 10 && !chain.some((raw) => Buffer.compare(raw, next!.raw) === 0)) {
    chain.push(next.raw);
    next = next.issuerCertificate;
  }
  return {
    subject: quoteEvidence(nameOf(peer.subject)),
    issuer: quoteEvidence(nameOf(peer.issuer)),
    names: (peer.subjectaltname ?? '')
      .split(', ')
      .map((entry) => quoteEvidence(entry.replace(/^(?:DNS|IP Address):/, '')).toLowerCase())
      .filter((entry) => entry !== ''),
    validFrom: timeStamp(peer.valid_from),
    validTo: timeStamp(peer.valid_to),
    serial: peer.serialNumber,
    chain,
  };
}

function timeStamp(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? quoteEvidence(text) : new Date(time).toISOString();
}

/** A certificate may have no subject at all. */
function nameOf(
  name: { readonly CN?: string | string[]; readonly O?: string | string[] } | undefined,
): string {
  return [name?.CN ?? name?.O ?? ''].flat().join(', ');
}
