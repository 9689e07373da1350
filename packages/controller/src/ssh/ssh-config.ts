import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ControllerError } from '../error.ts';
import { readSettings } from './config-sections.ts';

/** Where a name leads, with what ~/.ssh/config adds. */
export interface Machine {
  /** The name or address to connect to. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The name under which its key is known. */
  readonly keyName: string;
  readonly identities: readonly string[];
  readonly identitiesOnly: boolean;
  /** An agent's socket, `none`, or undefined for that of SSH_AUTH_SOCK. */
  readonly agent: string | undefined;
  readonly knownHosts: readonly string[];
  /** `user@host:port` of each machine on the way. */
  readonly jumps: readonly string[];
}

/** `anna@mx1.example.com:2222`, `ssh://anna@[2001:db8::1]:2222`: what is said of it. */
export interface Address {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** @throws ControllerError `bad-argument` */
export function parseAddress(text: string): Address {
  const found = /^(?:ssh:\/\/)?(?:([^@/\s]+)@)?(?:\[([^\]\s]+)\]|([^:/\s@]+))(?::(\d{1,5}))?\/?$/.exec(text);
  const host = found?.[2] ?? found?.[3];
  const port = Number(found?.[4] ?? 22);
  if (host === undefined || host.startsWith('-') || port < 1 || port > 65_535) {
    throw new ControllerError(
      'bad-argument',
      `${JSON.stringify(text)} is no address of a host. Write ssh://user@host:port; user and port may be left out.`,
    );
  }
  return {
    host,
    ...(found?.[1] !== undefined && { user: decodeURIComponent(found[1]) }),
    ...(found?.[4] !== undefined && { port }),
  };
}

/**
 * What a configuration file of ssh says about an address. The address's own user and port win. `Match exec` is not run.
 *
 * @param file  the file, or false for none
 * @throws ControllerError `unsupported-ssh-config` for what would lead elsewhere if it were left out
 */
export async function lookUp(address: Address, file: string | false): Promise<Machine> {
  const settings = await readSettings(address, file);
  const home = homedir();
  const host = expand(settings.one('HostName') ?? address.host, { h: address.host });
  const user = address.user ?? settings.one('User') ?? userInfo().username;
  const port = address.port ?? Number(settings.one('Port') ?? 22);
  const command = settings.one('ProxyCommand');
  const jump = settings.one('ProxyJump');
  if (command !== undefined && command !== 'none' && jump === undefined) {
    throw new ControllerError(
      'unsupported-ssh-config',
      `${address.host}: ${String(file)} has a ProxyCommand for it, which is not run. Use ProxyJump instead.`,
    );
  }
  const tokens = { h: host, r: user, p: String(port), u: userInfo().username, d: home, n: address.host };
  const path = (text: string): string => expand(text.replace(/^~(?=\/|$)/, home), tokens);
  const paths = (name: string): string[] =>
    settings
      .all(name)
      .flatMap((value) => value.split(/\s+/))
      .filter(Boolean)
      .map(path);
  const agent = settings.one('IdentityAgent');
  const own = paths('UserKnownHostsFile');
  return {
    host,
    port,
    user,
    keyName: settings.one('HostKeyAlias') ?? host,
    identities: settings.all('IdentityFile').map(path),
    identitiesOnly: settings.one('IdentitiesOnly')?.toLowerCase() === 'yes',
    agent: agent === undefined || agent === 'SSH_AUTH_SOCK' ? undefined : agentAt(agent, path),
    knownHosts: [
      ...(own.length > 0 ? own : [join(home, '.ssh/known_hosts'), join(home, '.ssh/known_hosts2')]),
      '/etc/ssh/ssh_known_hosts',
    ].filter((each) => each !== 'none'),
    jumps:
      jump === undefined || jump.toLowerCase() === 'none' ? [] : jump.split(',').map((hop) => hop.trim()),
  };
}

/** Where an agent is: a path, or the name of a variable that says so. */
function agentAt(text: string, path: (text: string) => string): string {
  const variable = /^\$\{?([A-Za-z_]\w*)\}?$/.exec(text)?.[1];
  return variable === undefined ? path(text) : (process.env[variable] ?? 'none');
}

/** `%h` and the like. */
function expand(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replaceAll(/%(.)/g, (whole, token: string) => (token === '%' ? '%' : (tokens[token] ?? whole)));
}
