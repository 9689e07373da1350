import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { refusal } from '../wire/guard.ts';
import { interpret } from '../wire/interpret.ts';
import type { Codec, Query, Question, Reply } from '../wire/message.ts';
import { failed, type Transport } from './transport.ts';

export interface HttpsOptions {
  readonly server: string;
  readonly url: URL;
  /** How long one attempt may take, connecting included, in ms. */
  readonly timeout: number;
  /** Authorities to trust instead of the system's, in PEM. */
  readonly ca: string | undefined;
  readonly codec: Codec;
}

const mediaType = 'application/dns-message';
const longestMessage = 65_535;
/** How long a connection without questions is kept, in ms. */
const idleTime = 5_000;

interface Attempt {
  readonly query: Query;
  readonly question: Question;
  readonly done: (reply: Reply) => void;
  stream: ClientHttp2Stream | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * DNS over HTTPS (RFC 8484) by POST over HTTP/2, the version that RFC recommends at least and the only one that
 * several servers offer.
 */
export function httpsTransport({ server, url, timeout, ca, codec }: HttpsOptions): Transport {
  const attempts = new Set<Attempt>();
  const open = new Set<ClientHttp2Session>();
  /** The one that takes new questions. */
  let current: ClientHttp2Session | undefined;
  let idle: NodeJS.Timeout | undefined;

  function openSession(): ClientHttp2Session {
    const session = connect(url.origin, {
      minVersion: 'TLSv1.2',
      // Nothing is pushed to us, and an answer is small.
      settings: { enablePush: false },
      maxSessionMemory: 1,
      ...(ca === undefined ? {} : { ca }),
    });
    open.add(session);
    // What keeps the process alive is the timer of a question under way.
    session.unref();
    const drop = (): void => {
      if (current === session) current = undefined;
    };
    // The streams fail with the same error; each tells its own attempt.
    session.on('error', drop);
    session.on('goaway', drop);
    session.on('close', () => {
      drop();
      open.delete(session);
    });
    return session;
  }

  function send(attempt: Attempt): void {
    const session = (current ??= openSession());
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: url.pathname + url.search,
      [constants.HTTP2_HEADER_ACCEPT]: mediaType,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: mediaType,
      [constants.HTTP2_HEADER_CONTENT_LENGTH]: attempt.query.packet.length,
    });
    attempt.stream = stream;
    const chunks: Buffer[] = [];
    let size = 0;
    let cause = 'it closed the connection';
    stream.on('response', (headers) => {
      const status = headers[':status'];
      const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
      if (status !== 200) finish(attempt, failed('network', `HTTP status ${status}`));
      else if (type !== mediaType)
        finish(attempt, failed('malformed', `an answer of type ${type}, not ${mediaType}`));
    });
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > longestMessage)
        finish(attempt, failed('malformed', `an answer longer than ${longestMessage} bytes`));
    });
    stream.on('end', () => receive(attempt, Buffer.concat(chunks)));
    stream.on('error', (error) => (cause = reason(error)));
    stream.on('close', () => finish(attempt, failed('network', cause)));
    stream.end(attempt.query.packet);
  }

  function receive(attempt: Attempt, bytes: Buffer): void {
    // A stream that ended before it said anything is closed next, and that is what counts.
    if (bytes.length === 0) return;
    const refused = refusal(bytes, attempt.query, longestMessage);
    const message = refused ? undefined : codec.decode(bytes, attempt.question);
    if (refused) finish(attempt, failed('malformed', 'an answer to another question'));
    else if (!message) finish(attempt, failed('malformed', 'an answer that breaks the format'));
    else if (message.truncated) finish(attempt, failed('truncated', 'an answer cut short even by HTTPS'));
    else finish(attempt, interpret(message, attempt.question));
  }

  function release(attempt: Attempt): void {
    attempts.delete(attempt);
    clearTimeout(attempt.timer);
    attempt.stream?.close(constants.NGHTTP2_CANCEL);
    if (attempts.size === 0) idle = idle?.refresh() ?? setTimeout(closeIdle, idleTime).unref();
  }

  function closeIdle(): void {
    if (attempts.size > 0) return;
    current = undefined;
    for (const session of open) session.destroy();
  }

  function finish(attempt: Attempt, reply: Reply): void {
    if (!attempts.has(attempt)) return;
    release(attempt);
    attempt.done(reply);
  }

  function expire(attempt: Attempt): void {
    // A connection that lets a question wait so long takes no further ones.
    if (current === attempt.stream?.session) current = undefined;
    finish(attempt, failed('timeout', `no answer within ${timeout} ms`));
  }

  return {
    server,
    ask(question, done) {
      // RFC 8484, 4.1: the id is 0; the stream says what belongs together.
      const attempt: Attempt = {
        query: codec.encode(question, 0, false),
        question,
        done,
        stream: undefined,
        timer: undefined,
      };
      attempts.add(attempt);
      attempt.timer = setTimeout(expire, timeout, attempt);
      send(attempt);
      return () => {
        if (attempts.has(attempt)) release(attempt);
      };
    },
    async close() {
      for (const attempt of attempts) release(attempt);
      clearTimeout(idle);
      current = undefined;
      await Promise.all(
        [...open].map(
          (session) =>
            new Promise<void>((resolve) => {
              session.once('close', () => resolve());
              session.destroy();
            }),
        ),
      );
    },
  };
}

function reason(error: Error): string {
  // What happens when the other side did not agree to "h2".
  return 'code' in error && error.code === 'ERR_HTTP2_ERROR'
    ? `${error.message} (does it speak HTTP/2?)`
    : error.message;
}
