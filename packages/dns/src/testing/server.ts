import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createSecureServer, type Http2Session } from 'node:http2';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Frames } from '../drivers/frames.ts';
import { indexZones, type ZoneIndex } from '../zones/lookup.ts';
import type { Zones } from '../zones/zones.ts';
import type { AskedQuestion, Behaviour } from './behaviour.ts';
import { emptyResponse, readQuery, respond } from './respond.ts';

export interface DnsServerOptions {
  readonly zones?: Zones;
  /** What to do with every question, or with each, instead of answering truly. */
  readonly behaviour?: Behaviour | ((question: AskedQuestion) => Behaviour | undefined);
  /** `127.0.0.1` (the default) or `::1`. */
  readonly host?: string;
  /** A certificate for `localhost` and its key, in PEM: with it the server also answers by TLS and HTTPS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

/** A running server. The four addresses are as `createResolver` takes them. */
export interface DnsServer extends AsyncDisposable {
  /** UDP and TCP on one port. */
  readonly server: string;
  readonly tcp: string;
  /** Undefined without a certificate. */
  readonly tls: string | undefined;
  readonly https: string | undefined;
  /** Every question that has come in, one for each packet, in order. */
  readonly questions: readonly AskedQuestion[];
  /** How many connections by TCP and TLS there have been. */
  readonly connections: number;
  /** Ends every connection by TCP and TLS that is open now. */
  disconnect(): void;
  /** Answers from these zones from now on. */
  serve(zones: Zones): void;
  /** Behaves in this way from now on; without one, truly. */
  behave(behaviour?: DnsServerOptions['behaviour']): void;
  close(): Promise<void>;
}

interface State {
  index: ZoneIndex;
  behaviour: DnsServerOptions['behaviour'];
  readonly questions: AskedQuestion[];
  connections: number;
  /** What is still to be sent. */
  readonly timers: Set<NodeJS.Timeout>;
  readonly sockets: Set<Socket>;
}

type Send = (message: Uint8Array, behaviour: Behaviour) => void;

/** Starts a server on a free port of the loopback interface. */
export async function startDnsServer({
  zones = {},
  behaviour,
  host = '127.0.0.1',
  tls,
}: DnsServerOptions = {}): Promise<DnsServer> {
  const state: State = {
    index: indexZones(zones),
    behaviour,
    questions: [],
    connections: 0,
    timers: new Set(),
    sockets: new Set(),
  };
  const { udp, tcp, port } = await listenTwice(state, host);
  const place = host.includes(':') ? `[${host}]` : host;
  const dot =
    tls &&
    createTlsServer({ cert: tls.certificate, key: tls.key, ALPNProtocols: ['dot'] }, (socket) =>
      serveStream(state, socket, 'tls'),
    );
  const sessions = new Set<Http2Session>();
  const doh = tls && createSecureServer({ cert: tls.certificate, key: tls.key });
  // A client that hangs up on us is part of many tests.
  dot?.on('tlsClientError', () => {});
  doh?.on('sessionError', () => {});
  doh?.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  doh?.on('stream', (stream, headers) => {
    const chunks: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (headers[':method'] !== 'POST' || headers['content-type'] !== 'application/dns-message') {
        stream.respond({ ':status': 415 }, { endStream: true });
        return;
      }
      answer(state, Buffer.concat(chunks), 'https', (message, { drip }) => {
        if (stream.destroyed) return;
        stream.respond({ ':status': 200, 'content-type': 'application/dns-message' });
        writeSlowly(state, stream, message, drip, () => stream.end());
      });
    });
  });
  const listening = [dot, doh].filter((server) => server !== undefined);
  await Promise.all(listening.map((server) => once(server.listen(0, host), 'listening')));
  const portOf = (server: { address(): AddressInfo | string | null } | undefined): number | undefined =>
    server && (server.address() as AddressInfo).port;

  const close = async (): Promise<void> => {
    for (const timer of state.timers) clearTimeout(timer);
    for (const socket of state.sockets) socket.destroy();
    for (const session of sessions) session.destroy();
    await Promise.all([
      new Promise<void>((resolve) => udp.close(() => resolve())),
      ...[tcp, ...listening].map((server) => new Promise<void>((resolve) => server.close(() => resolve()))),
    ]);
  };
  return {
    server: `${place}:${port}`,
    tcp: `tcp://${place}:${port}`,
    tls: dot && `tls://${place}:${portOf(dot)}#localhost`,
    https: doh && `https://localhost:${portOf(doh)}/dns-query`,
    questions: state.questions,
    get connections() {
      return state.connections;
    },
    disconnect() {
      for (const socket of state.sockets) socket.destroy();
    },
    serve(next) {
      state.index = indexZones(next);
    },
    behave(next) {
      state.behaviour = next;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** UDP and TCP on the same port, as every client expects. */
async function listenTwice(
  state: State,
  host: string,
): Promise<{ udp: ReturnType<typeof createSocket>; tcp: Server; port: number }> {
  for (;;) {
    const tcp = createTcpServer((socket) => serveStream(state, socket, 'tcp'));
    await once(tcp.listen(0, host), 'listening');
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const bound = await new Promise<boolean>((resolve) => {
      udp.once('error', () => resolve(false));
      udp.bind(port, host, () => resolve(true));
    });
    if (!bound) {
      await new Promise((resolve) => tcp.close(resolve));
      continue;
    }
    udp.on('error', () => {});
    udp.on('message', (bytes, from) => {
      answer(state, bytes, 'udp', (message) => {
        // A test that has ended closes the socket while an answer is still on its way.
        udp.send(message, from.port, from.address, () => {});
      });
    });
    return { udp, tcp, port };
  }
}

function serveStream(state: State, socket: Socket, protocol: 'tcp' | 'tls'): void {
  state.connections++;
  state.sockets.add(socket);
  socket.once('close', () => state.sockets.delete(socket));
  socket.on('error', () => {});
  const frames = new Frames((bytes) =>
    answer(state, bytes, protocol, (message, { drip }) => {
      const framed = Buffer.alloc(message.length + 2);
      framed.writeUInt16BE(message.length);
      framed.set(message, 2);
      writeSlowly(state, socket, framed, drip, () => {});
    }),
  );
  socket.on('data', (chunk: Buffer) => frames.push(chunk));
}

/** Answers one message that came in, in the way the server behaves. */
function answer(state: State, bytes: Buffer, protocol: AskedQuestion['protocol'], send: Send): void {
  const query = readQuery(bytes);
  if (!query) return;
  const question: AskedQuestion = { ...query.question, protocol };
  state.questions.push(question);
  const behaviour =
    (typeof state.behaviour === 'function' ? state.behaviour(question) : state.behaviour) ?? {};
  const honest = behaviour.fail ? emptyResponse(query, behaviour.fail) : respond(state.index, query);
  if (behaviour.silent || !honest) return;
  const isTooLong = protocol === 'udp' && honest.length > query.payload;
  const fits =
    isTooLong || (protocol === 'udp' && behaviour.truncate) ? emptyResponse(query, 'NOERROR', true) : honest;
  const messages = behaviour.forge ? behaviour.forge(bytes, fits) : [spoil(fits, behaviour)];
  const sendAll = (): void => {
    for (const message of messages) send(message, behaviour);
  };
  if (behaviour.delay) later(state, sendAll, behaviour.delay);
  else sendAll();
}

function spoil(message: Buffer, { wrongId, wrongQuestion }: Behaviour): Buffer {
  // Another bit of the id, and another first letter of the name.
  if (wrongId) message[0]! ^= 0x40;
  if (wrongQuestion) message[13]! ^= 0x03;
  return message;
}

function later(state: State, work: () => void, delay: number): void {
  const timer = setTimeout(() => {
    state.timers.delete(timer);
    work();
  }, delay);
  state.timers.add(timer);
}

interface Writable {
  readonly destroyed: boolean;
  write(bytes: Uint8Array): unknown;
}

function writeSlowly(
  state: State,
  to: Writable,
  bytes: Uint8Array,
  drip: Behaviour['drip'],
  done: () => void,
): void {
  if (to.destroyed) return;
  const now = drip ? Math.min(drip.bytes, bytes.length) : bytes.length;
  to.write(bytes.subarray(0, now));
  if (now === bytes.length || !drip) done();
  else later(state, () => writeSlowly(state, to, bytes.subarray(now), drip, done), drip.every);
}
