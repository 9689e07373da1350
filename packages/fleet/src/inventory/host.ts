import { dirname, isAbsolute, join } from 'node:path';
import type { Layers, Setting, Settings } from './layers.ts';
import type { InventoryPlace } from './problem.ts';
import { readSshArguments } from './ssh-arguments.ts';

/** A host of an inventory: how to get there, and what is said of it. Plain JSON data, without secrets. */
export interface FleetHost {
  /** As the inventory calls it. */
  readonly name: string;
  /** What is connected to. */
  readonly address: string;
  /** `local` is this machine itself. */
  readonly connection: 'ssh' | 'local';
  readonly port?: number;
  readonly user?: string;
  /** Files of private keys. A leading `~/` is the home of whoever connects. */
  readonly identities?: readonly string[];
  /** Machines to go through, `user@host:port` each. */
  readonly jumps?: readonly string[];
  readonly knownHosts?: readonly string[];
  /** The configuration folder of one of several Postfix instances. */
  readonly directory?: string;
  readonly groups: readonly string[];
  /** What else is said of it; nothing of how to log in. */
  readonly vars: Readonly<Record<string, unknown>>;
  readonly at: InventoryPlace;
}

/** Makes a host of its settings. @returns undefined, with a problem noted, where one of them cannot be */
export function hostOf(
  name: string,
  at: InventoryPlace,
  groups: readonly string[],
  settings: Settings,
  layers: Layers,
): FleetHost | undefined {
  let isWhole = true;
  const complain = (
    setting: Setting,
    message: string,
    advice: string,
    isError = true,
    kind: 'bad-value' | 'unsupported' = 'bad-value',
  ): void => {
    const code = /\{\{|\{%/.test(String(setting.value)) ? 'template' : kind;
    layers.complain(isError ? 'error' : 'warning', code, setting.at, `${name}: ${message}`, advice);
    if (isError) isWhole = false;
  };
  const one = (...keys: string[]): Setting | undefined => {
    for (const key of keys) {
      const setting = settings.get(key);
      if (setting && setting.value !== null && setting.value !== '') return setting;
    }
    return undefined;
  };
  const text = (pattern: RegExp, ...keys: string[]): string | undefined => {
    const setting = one(...keys);
    if (!setting) return undefined;
    const { key, value } = setting;
    if ((typeof value === 'string' || typeof value === 'number') && pattern.test(String(value))) {
      return String(value);
    }
    const isTemplate = /\{\{|\{%/.test(String(value));
    complain(
      setting,
      `${key} ${isTemplate ? 'has a template' : 'cannot be'} ${JSON.stringify(value)}`,
      isTemplate ? 'Templates are not filled in; write the value itself.' : 'The host was left out.',
    );
    return undefined;
  };
  const list = (key: string): readonly string[] | undefined => {
    const setting = one(key);
    if (!setting) return undefined;
    const words =
      typeof setting.value === 'string' ? setting.value.split(/\s*,\s*/).filter(Boolean) : setting.value;
    if (Array.isArray(words) && words.every((word) => typeof word === 'string' && !/\{\{/.test(word)))
      return words as string[];
    complain(setting, `${setting.key} is no list of names`, 'Write [one, two], or names with commas.');
    return undefined;
  };
  const near = (path: string): string =>
    path.startsWith('~') || isAbsolute(path) ? path : join(dirname(at.file), path);

  const connection = one('ansible_connection');
  const isLocal = connection?.value === 'local';
  if (
    connection &&
    !isLocal &&
    !['ssh', 'smart', 'paramiko', 'paramiko_ssh'].includes(String(connection.value))
  ) {
    complain(
      connection,
      `${connection.key} is ${JSON.stringify(connection.value)}`,
      'Hosts are reached by ssh, or are "local".',
      true,
      'unsupported',
    );
  }
  const port = text(/^\d+$/, 'ansible_port', 'ansible_ssh_port');
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    complain(
      one('ansible_port', 'ansible_ssh_port')!,
      `there is no port ${port}`,
      'Ports go from 1 to 65535.',
    );
  }
  for (const key of ['ansible_password', 'ansible_ssh_pass', 'ansible_ssh_password']) {
    const secret = one(key);
    if (secret)
      complain(
        secret,
        `${key} is not used: passwords do not belong into an inventory`,
        'Log in with a key, or be asked.',
        false,
        'unsupported',
      );
  }
  const ssh = readSshArguments(
    ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'].flatMap(
      (key) => one(key) ?? [],
    ),
    (setting, message, advice, isError) => complain(setting, message, advice, isError, 'unsupported'),
  );
  const address = text(/^(?!-)[^\s/@{}]+$/, 'ansible_host', 'ansible_ssh_host') ?? name;
  const user = text(/^(?!-)[^\s@:{}]+$/, 'ansible_user', 'ansible_ssh_user') ?? ssh.user;
  const identity = list('ansible_ssh_private_key_file') ?? list('ansible_private_key_file');
  const identities = [...(identity ?? []), ...ssh.identities].map(near);
  const jumps = list('postern_jump') ?? ssh.jumps;
  const badJump = jumps?.find(
    (jump) => !/^(?:[^\s@-][^\s@]*@)?(?:\[[\da-f:.]+\]|[^\s:@/-][^\s:@/]*)(?::\d+)?$/i.test(jump),
  );
  if (badJump !== undefined) {
    complain(
      one('postern_jump', 'ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args')!,
      `${JSON.stringify(badJump)} is no machine to go through`,
      'Write user@host:port; user and port may be left out.',
    );
  }
  const knownHosts = [...(list('postern_known_hosts') ?? []), ...ssh.knownHosts].map(near);
  const directory = text(/^\/[^\n\0]*$/, 'postern_directory');
  const sshPort = port ?? ssh.port;
  if (!isWhole) return undefined;
  return {
    name,
    address,
    connection: isLocal ? 'local' : 'ssh',
    ...(sshPort !== undefined && { port: Number(sshPort) }),
    ...(user !== undefined && { user }),
    ...(identities.length > 0 && { identities }),
    ...(jumps !== undefined && { jumps }),
    ...(knownHosts.length > 0 && { knownHosts }),
    ...(directory !== undefined && { directory }),
    groups,
    vars: Object.fromEntries(
      [...settings]
        .filter(([key]) => !/^(ansible|postern)_/.test(key))
        .map(([key, { value }]) => [key, value]),
    ),
    at,
  };
}

/** Which machine a host is, and which Postfix on it: the same for two names of one. */
export function machineOf(host: FleetHost): string {
  const where =
    host.connection === 'local'
      ? 'local'
      : `${host.user ?? ''}@${host.address}:${host.port ?? ''} ${(host.jumps ?? []).join()}`;
  return `${where} ${host.directory ?? ''}`;
}
