import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { ConnectOptions, PostfixHost } from '@postern/controller';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';

/** How to log in to a host, as commands take it. */
export interface LoginFlags {
  readonly identity?: readonly string[];
  readonly acceptNew?: boolean;
  readonly knownHosts?: string;
  readonly jump?: string;
  readonly sshConfig?: string | false;
  readonly askSudo?: boolean;
  readonly configDirectory?: string;
}

/** What a TARGET can be, for the help of each command. */
export const targetHelp = 'a folder with main.cf, "local" for this machine, or ssh://user@host:port';

/** Adds the options for logging in to a command. */
export function addLoginOptions(command: Command): Command {
  const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];
  return command
    .option('-i, --identity <file>', 'private key to log in with; may be repeated', collect)
    .option('--accept-new', 'trust a host whose key is not known yet, and remember it')
    .option('--known-hosts <file>', 'the known_hosts file to go by')
    .option('--jump <hosts>', 'hosts to go through, user@host:port, separated by commas')
    .option('--ssh-config <file>', 'configuration of ssh to go by (default: ~/.ssh/config)')
    .option('--no-ssh-config', 'read no configuration of ssh')
    .option('--ask-sudo', 'ask for the password that sudo wants on the host')
    .option(
      '--config-directory <folder>',
      'configuration folder of one of several Postfix instances on the host',
    );
}

/** Whether a target is a machine, and not a folder of this one. */
export function isHost(target: string): boolean {
  return target === 'local' || target.startsWith('ssh://');
}

/** Opens `local` or `ssh://…`. Asks for passwords where somebody is there to answer. */
export async function openHost(io: Io, target: string, flags: LoginFlags): Promise<PostfixHost> {
  const { connect, localHost } = await import('@postern/controller');
  const login = loginOf(io, flags);
  return target === 'local' ? localHost({ name: 'local', ...login }) : connect({ host: target, ...login });
}

/** The options for logging in, as the controller takes them. */
export function loginOf(io: Io, flags: LoginFlags): Omit<ConnectOptions, 'host'> {
  const { askSecret } = io;
  if (flags.askSudo && !askSecret) throw new CommandError('usage', '--ask-sudo needs a terminal');
  const { sshConfig } = flags;
  return {
    signal: io.signal,
    ...(flags.configDirectory !== undefined && { directory: flags.configDirectory }),
    ...(flags.askSudo && askSecret && { sudoPassword: once(() => askSecret('Password for sudo')) }),
    ...(flags.identity && { identities: flags.identity.map((file) => resolve(io.cwd, file)) }),
    ...(flags.acceptNew && { acceptNew: true }),
    ...(flags.knownHosts !== undefined && { knownHosts: [resolve(io.cwd, flags.knownHosts)] }),
    ...(flags.jump !== undefined && { jumps: flags.jump.split(',') }),
    ...(typeof sshConfig === 'string' && { configFile: resolve(io.cwd, sshConfig) }),
    ...(sshConfig === false && { configFile: false as const }),
    ...(askSecret && {
      passphrase: (key: string) => askSecret(`Passphrase for ${key}`),
      password: (who: string) => askSecret(`Password of ${who}`),
    }),
  };
}

function once<T>(ask: () => T): () => T {
  let answer: { value: T } | undefined;
  return () => (answer ??= { value: ask() }).value;
}
