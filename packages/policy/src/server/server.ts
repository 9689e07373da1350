import { setMaxListeners } from 'node:events';
import { chmodSync } from 'node:fs';
import { createServer, type ListenOptions, type Server } from 'node:net';
import { Duplex } from 'node:stream';
import { decide } from '../handlers/decide.ts';
import type { Handler } from '../handlers/handler.ts';
import { printAction } from '../protocol/action.ts';
import { defaultFrameLimits, type FrameLimits } from '../protocol/frames.ts';
import { readRequest } from '../protocol/request.ts';
import { serveConnection, type Connection } from './connection.ts';
import { PolicyError } from './error.ts';
import { systemdDescriptors, type ListenAddress } from './listener.ts';
import { silentLogger, type Logger } from './log.ts';
import { ServerMetrics } from './metrics.ts';
import { PendingHeaders } from './pending-headers.ts';
import { removeDeadSocket } from './socket-file.ts';

export interface PolicyServerOptions {
  readonly handlers: readonly Handler[];
  /** Decides and logs, but answers DUNNO (false). */
  readonly dryRun?: boolean;
  readonly logger?: Logger;
  readonly limits?: Partial<ServerLimits>;
}

export interface ServerLimits extends FrameLimits {
  /** Connections at once; a further one is closed at once (10 000). */
  readonly connections: number;
  /** Milliseconds a connection may be idle; smtpd keeps one for 300 s by itself (1 000 000). */
  readonly idle: number;
  /** Milliseconds in which a request that has begun must be complete (10 000). */
  readonly request: number;
}

const defaultLimits: ServerLimits = {
  ...defaultFrameLimits,
  connections: 10_000,
  idle: 1_000_000,
  request: 10_000,
};

/**
 * How many connections may wait to be accepted, as systemd has it for its sockets. A unix socket turns away at once what
 * comes on top, and a busy host's smtpd processes all come at the same time.
 */
const backlog = 4096;

/** What may change while the server runs. */
export type ReloadableOptions = Pick<PolicyServerOptions, 'handlers' | 'dryRun'>;

export interface PolicyServer extends AsyncDisposable {
  /**
   * Begins to listen; may be called for several addresses.
   *
   * @returns the address in use (with the port that was given for port 0)
   * @throws PolicyError `cannot-listen`, `no-systemd-sockets`, `already-closed`
   */
  listen(address: ListenAddress): Promise<ListenAddress>;
  /**
   * Takes new handlers for the requests that come from now on.
   *
   * @returns a promise for the moment when the earlier handlers have answered their last request
   */
  reload(options: ReloadableOptions): Promise<void>;
  /** All figures in the Prometheus text format. */
  metrics(): string;
  /** Resolves when standard input ended (under `stdio`), or the server was closed. */
  readonly finished: Promise<void>;
  /** Stops listening, answers what has begun within `grace` milliseconds (5 000), and closes everything. */
  close(grace?: number): Promise<void>;
}

/** A server of Postfix's policy delegation protocol (SMTPD_POLICY_README). */
export function createPolicyServer(options: PolicyServerOptions): PolicyServer {
  const limits = { ...defaultLimits, ...options.limits };
  const logger = options.logger ?? silentLogger;
  const metrics = new ServerMetrics();
  const headers = new PendingHeaders();
  const stopping = new AbortController();
  const listeners = new Set<Server>();
  const connections = new Set<Connection>();
  const finished = Promise.withResolvers<void>();
  let current = generation(options);
  let closed = false;
  // Every handler that is at work listens for it.
  setMaxListeners(0, stopping.signal);

  const answer = async (attributes: Record<string, string>): Promise<string> => {
    const start = performance.now();
    const request = readRequest(attributes);
    const { handlers, dryRun } = current;
    const end = current.begin();
    const decision = await decide(handlers, request, stopping.signal);
    end();
    for (const { handler, reason, message } of decision.failures) {
      metrics.failed(handler, reason);
      logger.warn({ handler, reason, instance: request.instance }, message);
    }
    const header = headers.next(request, decision);
    const line = printAction(header ?? decision.action);
    const seconds = (performance.now() - start) / 1000;
    const verb = line.split(' ', 1)[0]!;
    metrics.decided(verb, decision.decidedBy ?? (header ? 'prepend' : undefined), seconds);
    logger.info(
      {
        action: line,
        decidedBy: decision.decidedBy,
        notes: decision.notes,
        state: request.protocolState,
        client: request.clientAddress,
        helo: request.heloName,
        sender: request.sender,
        recipient: request.recipient,
        user: request.saslUsername,
        queueId: request.queueId,
        instance: request.instance,
        milliseconds: Math.round(seconds * 1e6) / 1000,
        ...(dryRun ? { dryRun } : {}),
      },
      'decision',
    );
    return dryRun ? 'DUNNO' : line;
  };

  const serve = (stream: Duplex): void => {
    if (connections.size >= limits.connections) {
      metrics.closedFor('too-many-connections');
      logger.warn({ connections: connections.size }, 'too many connections: a new one was closed');
      stream.destroy();
      return;
    }
    metrics.connected();
    const connection = serveConnection(stream, {
      limits,
      idle: limits.idle,
      request: limits.request,
      answer,
      closedFor(reason, message) {
        metrics.closedFor(reason);
        logger.warn({ reason }, `connection closed: ${message}`);
      },
    });
    connections.add(connection);
    void connection.done.then(() => {
      connections.delete(connection);
      metrics.disconnected();
    });
  };

  const open = (target: ListenOptions | { fd: number }, shown: string): Promise<Server> =>
    new Promise((resolve, reject) => {
      // Half-open on purpose: a peer that ends its side still gets its answers.
      const server = createServer({ allowHalfOpen: true, noDelay: true }, serve);
      server.on('error', (cause) => {
        if (listeners.has(server)) logger.error({ listen: shown }, `cannot accept: ${cause.message}`);
        else
          reject(new PolicyError('cannot-listen', `cannot listen on ${shown}: ${cause.message}`, { cause }));
      });
      server.listen({ ...target, backlog }, () => {
        listeners.add(server);
        resolve(server);
      });
    });

  const server: PolicyServer = {
    async listen(address) {
      if (closed)
        throw new PolicyError('already-closed', 'this policy server was closed; create another one');
      switch (address.type) {
        case 'stdio': {
          const stream = Duplex.from({ readable: process.stdin, writable: process.stdout });
          serve(stream);
          stream.once('close', () => finished.resolve());
          return address;
        }
        case 'systemd':
          for (const fd of systemdDescriptors(process.env, process.pid))
            await open({ fd }, `descriptor ${fd}`);
          return address;
        case 'unix': {
          await removeDeadSocket(address.path);
          await open({ path: address.path }, `unix:${address.path}`);
          chmodSync(address.path, address.mode ?? 0o666);
          return address;
        }
        case 'tcp': {
          const listener = await open(
            { host: address.host, port: address.port },
            `${address.host}:${address.port}`,
          );
          const bound = listener.address();
          return typeof bound === 'object' && bound ? { ...address, port: bound.port } : address;
        }
      }
    },
    reload(next) {
      const earlier = current;
      current = generation(next);
      logger.info({ handlers: next.handlers.map(({ name }) => name) }, 'settings reloaded');
      return earlier.idle();
    },
    metrics: () => metrics.print(),
    finished: finished.promise,
    async close(grace = 5000) {
      if (closed) return;
      closed = true;
      const gone = [...listeners].map((listener) => new Promise((resolve) => listener.close(resolve)));
      for (const connection of connections) connection.drain();
      const impatience = setTimeout(() => {
        stopping.abort();
        for (const connection of connections) connection.destroy();
      }, grace);
      await Promise.all([...gone, ...[...connections].map(({ done }) => done)]);
      clearTimeout(impatience);
      stopping.abort();
      finished.resolve();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
  return server;
}

/** One set of handlers and the requests that they have in hand. */
function generation({ handlers, dryRun = false }: ReloadableOptions) {
  let inHand = 0;
  const idle = Promise.withResolvers<void>();
  let replaced = false;
  return {
    handlers,
    dryRun,
    /** @returns what to call when the request is decided */
    begin(): () => void {
      inHand++;
      return () => {
        if (--inHand === 0 && replaced) idle.resolve();
      };
    },
    /** Told that others have taken over; resolves when nothing is in hand any more. */
    idle(): Promise<void> {
      replaced = true;
      if (inHand === 0) idle.resolve();
      return idle.promise;
    },
  };
}
