import type { Socket } from 'node:net';
import { randomWord } from '../wire/entropy.ts';
import { refusal } from '../wire/guard.ts';
import { interpret } from '../wire/interpret.ts';
import type { Codec, Query, Question, Reply } from '../wire/message.ts';
import { Frames } from './frames.ts';
import { failed, type Transport } from './transport.ts';

export interface StreamOptions {
  readonly server: string;
  /** How long one attempt may take, connecting included, in ms. */
  readonly timeout: number;
  readonly codec: Codec;
  /** Begins a connection; `ready` is called when it may be written to. */
  readonly connect: (ready: () => void) => Socket;
}

/** How long a connection without questions is kept, in ms (RFC 7766, 6.2.3: a few seconds). */
const idleTime = 5_000;

interface Attempt {
  readonly question: Question;
  readonly done: (reply: Reply) => void;
  query: Query | undefined;
  connection: Connection | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Whether it has been moved to a new connection because the server closed the old one. */
  moved: boolean;
}

interface Connection {
  readonly socket: Socket;
  readonly attempts: Map<number, Attempt>;
  ready: boolean;
  /** Whether it has answered anything: if so, its end is the server tidying up and no refusal. */
  proven: boolean;
  idle: NodeJS.Timeout | undefined;
}

/**
 * DNS over a stream (RFC 7766): one connection for many questions at once, each answer after its length.
 * A connection on which a question ran out of time takes no further ones.
 */
export function streamTransport({ server, timeout, codec, connect }: StreamOptions): Transport {
  /** The one that takes new questions. */
  let current: Connection | undefined;
  const open = new Set<Connection>();

  function openConnection(): Connection {
    const connection: Connection = {
      socket: connect(() => {
        connection.ready = true;
        for (const attempt of connection.attempts.values()) write(attempt);
      }),
      attempts: new Map(),
      ready: false,
      proven: false,
      idle: undefined,
    };
    open.add(connection);
    const frames = new Frames((bytes) => receive(connection, bytes));
    let cause = 'it closed the connection';
    connection.socket.on('data', (chunk: Buffer) => frames.push(chunk));
    connection.socket.on('error', (error) => (cause = error.message));
    connection.socket.on('end', () => connection.socket.destroy());
    connection.socket.on('close', () => lose(connection, cause));
    return connection;
  }

  function assign(attempt: Attempt): void {
    const connection = (current ??= openConnection());
    let id = randomWord() & 0xffff;
    while (connection.attempts.has(id)) id = randomWord() & 0xffff;
    attempt.query = codec.encode(attempt.question, id, false);
    attempt.connection = connection;
    connection.attempts.set(id, attempt);
    clearTimeout(connection.idle);
    if (connection.ready) write(attempt);
  }

  function write({ query, connection }: Attempt): void {
    const { packet } = query!;
    // One write, so that the length and the message travel together (RFC 7766, 8).
    const framed = Buffer.allocUnsafe(packet.length + 2);
    framed.writeUInt16BE(packet.length);
    packet.copy(framed, 2);
    connection!.socket.write(framed);
  }

  function receive(connection: Connection, bytes: Buffer): void {
    const attempt = bytes.length < 12 ? undefined : connection.attempts.get(bytes.readUInt16BE());
    // The answer to a question given up, perhaps; nothing to trust and nothing to fear.
    if (!attempt) return;
    if (refusal(bytes, attempt.query!, 65_535)) return;
    connection.proven = true;
    const message = codec.decode(bytes, attempt.question);
    if (!message) finish(attempt, failed('malformed', 'an answer that breaks the format'));
    else if (message.truncated) finish(attempt, failed('truncated', 'an answer cut short even by TCP'));
    else finish(attempt, interpret(message, attempt.question));
  }

  function lose(connection: Connection, cause: string): void {
    open.delete(connection);
    clearTimeout(connection.idle);
    if (current === connection) current = undefined;
    for (const attempt of connection.attempts.values()) {
      if (connection.proven && !attempt.moved) {
        attempt.moved = true;
        connection.attempts.delete(attempt.query!.id);
        assign(attempt);
      } else {
        finish(attempt, failed('network', cause));
      }
    }
  }

  function release(attempt: Attempt): void {
    clearTimeout(attempt.timer);
    const connection = attempt.connection!;
    connection.attempts.delete(attempt.query!.id);
    if (connection.attempts.size > 0) return;
    if (current !== connection) connection.socket.destroy();
    else connection.idle = setTimeout(() => retire(connection), idleTime).unref();
    // What keeps the process alive is the timer of a question under way.
  }

  function retire(connection: Connection): void {
    if (current === connection) current = undefined;
    if (connection.attempts.size === 0) connection.socket.destroy();
  }

  function finish(attempt: Attempt, reply: Reply): void {
    release(attempt);
    attempt.done(reply);
  }

  function expire(attempt: Attempt): void {
    const state = attempt.connection!.ready ? 'no answer' : 'no connection';
    if (current === attempt.connection) current = undefined;
    finish(attempt, failed('timeout', `${state} within ${timeout} ms`));
  }

  return {
    server,
    ask(question, done) {
      const attempt: Attempt = {
        question,
        done,
        query: undefined,
        connection: undefined,
        timer: undefined,
        moved: false,
      };
      attempt.timer = setTimeout(expire, timeout, attempt);
      assign(attempt);
      return () => {
        if (attempt.connection!.attempts.get(attempt.query!.id) === attempt) release(attempt);
      };
    },
    async close() {
      current = undefined;
      await Promise.all(
        [...open].map((connection) => {
          for (const attempt of connection.attempts.values()) clearTimeout(attempt.timer);
          connection.attempts.clear();
          return new Promise<void>((resolve) => {
            connection.socket.once('close', () => resolve());
            connection.socket.destroy();
          });
        }),
      );
    },
  };
}
