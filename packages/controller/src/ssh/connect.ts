import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { ControllerError } from '../error.ts';
import { filesOver } from '../host/files.ts';
import type { Command, Host, Outcome, RunOptions } from '../host/host.ts';
import { elevate } from '../host/local.ts';
import type { Credentials } from './authentication.ts';
import { execute } from './channel.ts';
import { logIn, openSocket, type ClientOptions, type LoggedIn } from './client.ts';
import { Slots } from './slots.ts';
import { lookUp, parseAddress, type Address, type Machine } from './ssh-config.ts';

export interface SshOptions extends Credentials {
  /** A name, an address, an alias of ~/.ssh/config, or `ssh://user@host:port`. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** Machines to go through, `user@host:port` each; by default what ~/.ssh/config says. */
  readonly jumps?: readonly string[];
  /** By default ~/.ssh/config; false for none. `Match exec` is not run, ProxyCommand is refused. */
  readonly configFile?: string | false;
  /** By default what ~/.ssh/config says, else ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts. */
  readonly knownHosts?: readonly string[];
  /** Trusts a machine that no key is known of, and writes its key to the first known_hosts file. */
  readonly acceptNew?: boolean;
  /** Asked where sudo wants a password; without it `sudo -n` is used. It goes to sudo's standard input. */
  readonly sudoPassword?: () => string | Promise<string>;
  /** Milliseconds for each of: the connection, the handshake; 20 000 by default. */
  readonly timeout?: number;
  /** A question to the other side every `interval` ms; after `count` without answer the connection is given up. 15 s and 3. */
  readonly keepalive?: { readonly interval: number; readonly count: number };
  /** Commands at a time; sshd's MaxSessions is 10 where nobody changed it. 8 by default. */
  readonly channels?: number;
  /** How to reach the sshd of the first machine; by default TCP. */
  readonly socket?: (host: string, port: number) => Promise<Duplex>;
  readonly signal?: AbortSignal;
}

/** Logs in by SSH, through other machines where there are any on the way. */
export async function connectSsh(options: SshOptions): Promise<Host> {
  const { socket: open, signal, timeout = 20_000 } = options;
  const route = await planRoute(options);
  const ways: LoggedIn[] = [];
  try {
    for (const machine of route) {
      const last = ways.at(-1);
      const way = (): Promise<Duplex> =>
        last
          ? forward(last, machine)
          : (open?.(machine.host, machine.port) ?? openSocket(machine, timeout, signal));
      ways.push(await logIn(machine, way, clientOptions(machine, options)));
    }
  } catch (error) {
    hangUp(ways);
    throw error;
  }
  return hostOver(route.at(-1)!, ways, options);
}

function hostOver(machine: Machine, ways: readonly LoggedIn[], options: SshOptions): Host {
  const name = parseAddress(options.host).host;
  const way = ways.at(-1)!;
  const slots = new Slots(options.channels ?? 8);
  const run = async (command: Command, runOptions: RunOptions = {}): Promise<Outcome> => {
    const elevation =
      runOptions.asRoot && machine.user !== 'root' ? await elevate(options.sudoPassword) : undefined;
    return execute(name, way, slots, command, runOptions, elevation);
  };
  const close = (): Promise<void> => {
    hangUp(ways);
    return Promise.resolve();
  };
  return {
    name,
    run,
    ...filesOver(name, run),
    dial: (host, port) => forward(way, { host, port }),
    ...(ways.length === 1 &&
      !options.socket && { reach: (port: number) => openSocket({ host: machine.host, port }, 2000) }),
    reopen: () => connectSsh(options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function planRoute(options: SshOptions): Promise<Machine[]> {
  const { configFile = join(homedir(), '.ssh/config'), user, port } = options;
  const address: Address = {
    ...parseAddress(options.host),
    ...(user !== undefined && { user }),
    ...(port !== undefined && { port }),
  };
  return routeTo(address, options.jumps, configFile, 0);
}

/** A machine in between has its own way: the ones named before it, else what the configuration says of it. */
async function routeTo(
  address: Address,
  given: readonly string[] | undefined,
  configFile: string | false,
  depth: number,
): Promise<Machine[]> {
  const machine = await lookUp(address, configFile);
  const jumps = given ?? machine.jumps;
  const last = jumps.at(-1);
  if (last === undefined) return [machine];
  const next = parseAddress(last);
  // `Host *` names the machine in between for itself as well.
  if (next.host === address.host && (next.port ?? machine.port) === machine.port) return [machine];
  if (depth >= 8) {
    throw new ControllerError(
      'unsupported-ssh-config',
      `${address.host}: ${String(configFile)} leads there through more than 8 machines, or in a circle.`,
    );
  }
  const before = jumps.length > 1 ? jumps.slice(0, -1) : undefined;
  return [...(await routeTo(next, before, configFile, depth + 1)), machine];
}

function clientOptions(machine: Machine, options: SshOptions): ClientOptions {
  const { agent = machine.agent ?? process.env['SSH_AUTH_SOCK'] ?? false } = options;
  const defaults = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => join(homedir(), '.ssh', name));
  const named = machine.identities.length > 0;
  const withAgent = agent !== false && agent !== 'none' && !(machine.identitiesOnly && named);
  return {
    ...options,
    files: options.knownHosts ?? machine.knownHosts,
    acceptNew: options.acceptNew ?? false,
    identityFiles: named ? machine.identities : defaults,
    ...(withAgent && { agentSocket: agent }),
    timeout: options.timeout ?? 20_000,
    keepalive: options.keepalive ?? { interval: 15_000, count: 3 },
    signal: options.signal,
  };
}

/** A connection that the machine at the other end opens. */
function forward(way: LoggedIn, { host, port }: { host: string; port: number }): Promise<Duplex> {
  if (way.ended !== undefined) {
    return Promise.reject(new ControllerError('unreachable', `${host} port ${port}: ${way.ended}`));
  }
  return new Promise((resolve, reject) => {
    way.client.forwardOut('127.0.0.1', 0, host, port, (error, stream) => {
      if (!error) return resolve(stream);
      reject(
        new ControllerError(
          'unreachable',
          `${host} port ${port}, from the machine in between: ${error.message}. Check the name, and AllowTcpForwarding of its sshd.`,
          { cause: error },
        ),
      );
    });
  });
}

function hangUp(ways: readonly LoggedIn[]): void {
  for (const { client } of ways.toReversed()) client.end();
}
