import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Client } from 'ssh2';
import { ControllerError } from '../error.ts';
import { algorithms } from './algorithms.ts';
import { authentication, type Credentials } from './authentication.ts';
import { checkHostKey, readKnownHosts, type HostKeyPolicy } from './host-key.ts';
import { askCertificate } from './ask-certificate.ts';
import { authoritiesFor, knownName, knownTypes, typeOf } from './known-hosts.ts';
import type { Machine } from './ssh-config.ts';

export interface ClientOptions extends Credentials, HostKeyPolicy {
  readonly identityFiles: readonly string[];
  readonly agentSocket?: string;
  /** Milliseconds for each of: the connection, the handshake with authentication. */
  readonly timeout: number;
  readonly keepalive: { readonly interval: number; readonly count: number };
  readonly signal?: AbortSignal | undefined;
}

/** A client that is logged in, and what came after it if it broke. */
export interface LoggedIn {
  readonly client: Client;
  /** Set when the connection has ended. */
  ended: string | undefined;
}

/**
 * Logs in to one machine.
 *
 * @param open  opens a connection to its sshd; another one first where it has to show a certificate
 * The host key is checked before anything of ours is sent.
 *
 * @throws ControllerError with the machine, the step that failed, and what to do
 */
export async function logIn(
  machine: Machine,
  open: () => Promise<Duplex>,
  options: ClientOptions,
): Promise<LoggedIn> {
  const known = await readKnownHosts(options.files);
  const keyed = { host: machine.keyName, port: machine.port };
  const name = knownName(keyed.host, keyed.port);
  const certificate =
    authoritiesFor(known, name).length > 0 ? await askCertificate(await open(), options.timeout) : undefined;
  const types = certificate ? [typeOf(certificate.key)] : knownTypes(known, name);
  const socket = await open();
  const who = `${machine.user}@${machine.host}`;
  const attempts = authentication(machine.user, who, options);
  const client = new ssh2.Client();
  const state: LoggedIn = { client, ended: undefined };
  let refused: unknown;
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.on('error', (error) => {
      state.ended ??= error.message;
      reject(refused ?? attempts.failure ?? trouble(who, error, attempts.tried));
    });
    client.once('close', () => {
      state.ended ??= 'the connection was closed';
      reject(
        refused ??
          attempts.failure ??
          new ControllerError(
            'unreachable',
            `${who}: handshake: the connection was closed. Look at the log of its sshd.`,
          ),
      );
    });
  });
  // What the other side has ended is over, also for a stream that would stay half open.
  socket.once('end', () => socket.destroy());
  const abort = (): void => {
    refused ??= options.signal?.reason;
    client.destroy();
  };
  options.signal?.addEventListener('abort', abort, { once: true });
  client.connect({
    sock: socket,
    username: machine.user,
    algorithms: algorithms(types),
    hostVerifier: (key: Buffer, verify: (valid: boolean) => void) => {
      checkHostKey(known, keyed, key, options, certificate).then(
        () => verify(true),
        (error: unknown) => {
          refused = error;
          verify(false);
        },
      );
    },
    authHandler: attempts.handler,
    readyTimeout: options.timeout,
    keepaliveInterval: options.keepalive.interval,
    keepaliveCountMax: options.keepalive.count,
  });
  try {
    await ready;
    return state;
  } catch (error) {
    client.destroy();
    socket.destroy();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
  }
}

/** A TCP connection that sends what it has at once. */
export async function openSocket(
  machine: Pick<Machine, 'host' | 'port'>,
  timeout: number,
  signal?: AbortSignal,
): Promise<Duplex> {
  const socket = connectTcp({ host: machine.host, port: machine.port, noDelay: true });
  const limit = AbortSignal.timeout(timeout);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  try {
    await once(socket, 'connect', { signal: both });
    return socket;
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    const reason = limit.aborted ? `no answer within ${timeout / 1000} s` : (error as Error).message;
    throw new ControllerError(
      'unreachable',
      `${machine.host} port ${machine.port}: connecting: ${reason}. Check the name, the port, and that sshd runs there.`,
      { cause: error },
    );
  }
}

function trouble(who: string, error: Error & { level?: string }, tried: readonly string[]): ControllerError {
  if (error.level === 'client-authentication') {
    const what =
      tried.length === 0
        ? 'there was nothing to try: no key, no agent, no password'
        : `tried: ${tried.join(', ')}`;
    return new ControllerError(
      'authentication-failed',
      `${who}: logging in: sshd let nobody in (${what}). Check the user, and that its ~/.ssh/authorized_keys has your key.`,
      { cause: error },
    );
  }
  if (/no matching|handshake failed: /i.test(error.message)) {
    return new ControllerError(
      'no-common-algorithm',
      `${who}: handshake: ${error.message}. Its sshd is too old, or set so that only what is not safe any more is left; update it.`,
      { cause: error },
    );
  }
  const reason = error.level === 'client-timeout' ? 'no answer in time' : error.message;
  return new ControllerError(
    'unreachable',
    `${who}: handshake: ${reason}. Check that sshd runs there and lets you in.`,
    {
      cause: error,
    },
  );
}
