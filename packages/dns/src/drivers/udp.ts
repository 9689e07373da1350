import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { randomWord } from '../wire/entropy.ts';
import { longestDatagram, refusal } from '../wire/guard.ts';
import { interpret } from '../wire/interpret.ts';
import type { Codec, Query, Question, Reply } from '../wire/message.ts';
import { failed, type Cancel, type Transport } from './transport.ts';

export interface UdpOptions {
  /** As it stands in the list of servers. */
  readonly server: string;
  readonly host: string;
  readonly port: number;
  /** How long one attempt may take, in ms. The packet is sent again after a third of it. */
  readonly timeout: number;
  readonly mixedCase: boolean;
  readonly codec: Codec;
  /** The same server by TCP, for answers that do not fit. It has its own time. */
  readonly overTcp: Transport;
}

/** How many sockets, and so source ports, are used at once. */
const poolSize = 32;
/** A source port that has carried so many questions, or is so old (ms), gives way to a new one. */
const longestUse = 256;
const longestAge = 10_000;

/** A question under way. */
interface Attempt {
  readonly question: Question;
  readonly query: Query;
  readonly port: SourcePort;
  readonly done: (reply: Reply) => void;
  timer: NodeJS.Timeout | undefined;
  /** Set while the answer is fetched by TCP. */
  overTcp: Cancel | undefined;
  /** What was wrong with an answer that came and could not be believed, where that may help the admin. */
  doubt: string | undefined;
}

/** A connected socket: the kernel drops what others send to it. */
interface SourcePort {
  readonly socket: Socket;
  readonly attempts: Map<number, Attempt>;
  readonly opened: number;
  uses: number;
  /** The server's address as the kernel writes it, once connected. */
  remote: { address: string; port: number } | undefined;
  /** A retired one takes no new questions and closes when it has no more under way. */
  state: 'open' | 'retired' | 'closed';
}

/** DNS by UDP (RFC 1035), made hard to forge: random port, id and letter case (RFC 5452), every answer held against its query. */
export function udpTransport({
  server,
  host,
  port,
  timeout,
  mixedCase,
  codec,
  overTcp,
}: UdpOptions): Transport {
  const family = host.includes(':') ? 6 : 4;
  /** Those that take questions, and all that are not closed. */
  const pool: SourcePort[] = [];
  const sockets = new Set<SourcePort>();
  /** To be sent at the end of this turn of the event loop. */
  const outbox: Attempt[] = [];
  let inflight = 0;
  let closed = false;
  let idle: NodeJS.Timeout | undefined;

  function openPort(): SourcePort {
    const socket = createSocket({
      type: family === 6 ? 'udp6' : 'udp4',
      // Both the server and the place to bind to are addresses already: the system's resolver has no part in it.
      lookup: (address, _options, found) => process.nextTick(found, null, address, family),
    });
    const opened: SourcePort = {
      socket,
      attempts: new Map(),
      opened: performance.now(),
      uses: 0,
      remote: undefined,
      state: 'open',
    };
    // What keeps the process alive is the timer of a question under way.
    socket.unref();
    socket.on('message', (bytes, from) => receive(opened, bytes, from));
    socket.on('error', (error) => {
      retire(opened);
      for (const attempt of opened.attempts.values()) finish(attempt, failed('network', error.message));
    });
    // Not as a callback of connect(): that one is also called, with the error, when it fails.
    socket.once('connect', () => {
      opened.remote = socket.remoteAddress();
      for (const attempt of opened.attempts.values()) send(attempt);
      closeIfDone(opened);
    });
    socket.connect(port, host);
    pool.push(opened);
    sockets.add(opened);
    return opened;
  }

  /** A port with few enough uses, chosen so that nobody can tell which; a new one while there is need of more. */
  function choosePort(): SourcePort {
    if (pool.length < Math.min(poolSize, inflight + 1)) return openPort();
    const chosen = pool[randomWord() % pool.length]!;
    if (
      chosen.uses < longestUse &&
      performance.now() - chosen.opened < longestAge &&
      chosen.attempts.size < 1024
    )
      return chosen;
    retire(chosen);
    return openPort();
  }

  function retire(old: SourcePort): void {
    if (old.state === 'open') old.state = 'retired';
    const at = pool.indexOf(old);
    if (at >= 0) pool.splice(at, 1);
    closeIfDone(old);
  }

  function closeIfDone(old: SourcePort): void {
    if (old.state !== 'retired' || old.attempts.size > 0) return;
    old.state = 'closed';
    sockets.delete(old);
    old.socket.close();
  }

  /**
   * Sends what one turn of the event loop has asked for in one go. The server wakes up once for all of it, and not for
   * each query anew: under load that halves what a lookup costs on both sides.
   */
  function send(attempt: Attempt): void {
    if (attempt.port.remote && outbox.push(attempt) === 1) setImmediate(flush);
  }

  function flush(): void {
    // Some may have been given up since.
    for (const attempt of outbox) if (isUnderWay(attempt)) attempt.port.socket.send(attempt.query.packet);
    outbox.length = 0;
  }

  function isUnderWay(attempt: Attempt): boolean {
    return attempt.port.attempts.get(attempt.query.id) === attempt;
  }

  function receive(at: SourcePort, bytes: Buffer, from: RemoteInfo): void {
    // Between binding and connecting the kernel lets anybody's packet in.
    if (from.port !== at.remote?.port || from.address !== at.remote.address || bytes.length < 12) return;
    const attempt = at.attempts.get((bytes[0]! << 8) | bytes[1]!);
    if (!attempt || attempt.overTcp) return;
    const refused = refusal(bytes, attempt.query, longestDatagram);
    if (refused) {
      if (refused === 'case')
        attempt.doubt = 'it changes the case of the letters in names (option mixedCase)';
      return;
    }
    if ((bytes[2]! & 0x02) !== 0) {
      clearTimeout(attempt.timer);
      attempt.overTcp = overTcp.ask(attempt.question, (reply) => finish(attempt, reply));
      return;
    }
    const message = codec.decode(bytes, attempt.question);
    if (message) finish(attempt, interpret(message, attempt.question));
    // It may be a forger's; the true one may still come.
    else attempt.doubt = 'an answer that breaks the format';
  }

  function release(attempt: Attempt): void {
    clearTimeout(attempt.timer);
    attempt.port.attempts.delete(attempt.query.id);
    inflight--;
    closeIfDone(attempt.port);
    if (inflight === 0) idle = idle?.refresh() ?? setTimeout(closeIdle, longestAge).unref();
  }

  function finish(attempt: Attempt, reply: Reply): void {
    release(attempt);
    attempt.done(reply);
  }

  function closeIdle(): void {
    if (inflight > 0) return;
    while (pool[0]) retire(pool[0]);
  }

  function expire(attempt: Attempt): void {
    finish(attempt, failed('timeout', attempt.doubt ?? `no answer within ${timeout} ms`));
  }

  function sendAgain(attempt: Attempt): void {
    send(attempt);
    attempt.timer = setTimeout(expire, timeout - timeout / 3, attempt);
  }

  return {
    server,
    ask(question, done) {
      const chosen = choosePort();
      let id = randomWord() & 0xffff;
      while (chosen.attempts.has(id)) id = randomWord() & 0xffff;
      const query = codec.encode(question, id, mixedCase);
      const attempt: Attempt = {
        question,
        query,
        port: chosen,
        done,
        timer: undefined,
        overTcp: undefined,
        doubt: undefined,
      };
      chosen.attempts.set(id, attempt);
      chosen.uses++;
      inflight++;
      attempt.timer = setTimeout(sendAgain, timeout / 3, attempt);
      send(attempt);
      return () => {
        if (!isUnderWay(attempt)) return;
        attempt.overTcp?.();
        release(attempt);
      };
    },
    async close() {
      if (closed) return;
      closed = true;
      for (const old of sockets) {
        for (const attempt of old.attempts.values()) {
          attempt.overTcp?.();
          release(attempt);
        }
        retire(old);
      }
      clearTimeout(idle);
      await overTcp.close();
    },
  };
}
