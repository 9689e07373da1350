import type { Setting } from './layers.ts';
import { splitWords } from './words.ts';

/** What arguments of ssh say that matters here. */
export interface SshArguments {
  readonly jumps?: readonly string[];
  readonly identities: readonly string[];
  readonly knownHosts: readonly string[];
  readonly user?: string;
  readonly port?: string;
}

type Complain = (setting: Setting, message: string, advice: string, isError: boolean) => void;

/** Options that change nothing of where the connection goes and whom it trusts. */
const harmless =
  /^(control(master|path|persist)|serveralive(interval|countmax)|tcpkeepalive|connecttimeout|connectionattempts|forwardagent|compression|loglevel|batchmode|preferredauthentications|pubkeyauthentication|passwordauthentication|kbdinteractiveauthentication|gssapi\w+|identitiesonly|requesttty|ipqos|escapechar|updatehostkeys|visualhostkey|hashknownhosts|checkhostip|addressfamily)$/;

/**
 * Reads arguments of ssh as Ansible's variables have them.
 *
 *     -o ProxyJump=anna@bastion.example.net -J … -o 'ProxyCommand=ssh -W %h:%p bastion' -i key -l user -p port
 */
export function readSshArguments(settings: readonly Setting[], complain: Complain): SshArguments {
  const found: { -readonly [Key in keyof SshArguments]: SshArguments[Key] } = {
    identities: [],
    knownHosts: [],
  };
  for (const setting of settings) {
    const words = splitWords(String(setting.value));
    if (!words) {
      complain(setting, `${setting.key} has a quote that is not closed`, 'Close it.', true);
      continue;
    }
    while (words.length > 0) {
      const word = words.shift()!;
      const [, flag = '', attached = ''] = /^-([oJilpF])(.*)$/s.exec(word) ?? [];
      if (flag === '') {
        if (!/^-[1246ACqTtvxXYnNk]+$/.test(word))
          complain(setting, `"${word}" is not followed`, 'Take it out, or use ~/.ssh/config.', false);
        continue;
      }
      const argument = attached === '' ? (words.shift() ?? '') : attached;
      if (flag === 'J') found.jumps = argument.split(',');
      else if (flag === 'i') found.identities = [...found.identities, argument];
      else if (flag === 'l') found.user = argument;
      else if (flag === 'p') found.port = argument;
      else if (flag === 'F')
        complain(setting, `-F ${argument} is not followed`, 'Name the file with --ssh-config.', false);
      else takeOption(argument, setting, found, complain);
    }
  }
  return found;
}

function takeOption(
  text: string,
  setting: Setting,
  found: { -readonly [Key in keyof SshArguments]: SshArguments[Key] },
  complain: Complain,
): void {
  const [, name = text, value = ''] = /^\s*(\w+)\s*[=\s]\s*(.*)$/s.exec(text) ?? [];
  const option = name.toLowerCase();
  if (option === 'proxyjump') found.jumps = value.toLowerCase() === 'none' ? [] : value.split(',');
  else if (option === 'identityfile') found.identities = [...found.identities, value];
  else if (option === 'userknownhostsfile' && value !== '/dev/null')
    found.knownHosts = [...found.knownHosts, ...value.split(/\s+/)];
  else if (option === 'user') found.user = value;
  else if (option === 'port') found.port = value;
  else if (option === 'proxycommand') takeProxyCommand(value, setting, found, complain);
  else if (option === 'stricthostkeychecking' || option === 'userknownhostsfile') {
    if (!/^(yes|true|ask|on)$/i.test(value))
      complain(
        setting,
        `${name}=${value} is not followed: host keys are always checked`,
        'Have the keys in known_hosts, or trust new ones with --accept-new.',
        false,
      );
  } else if (!harmless.test(option)) {
    complain(setting, `the option ${name} is not followed`, 'Take it out, or use ~/.ssh/config.', false);
  }
}

/** `ssh -W %h:%p [-q] [-p 22] [-l anna] [anna@]bastion`: the long way to say ProxyJump. */
function takeProxyCommand(
  command: string,
  setting: Setting,
  found: { -readonly [Key in keyof SshArguments]: SshArguments[Key] },
  complain: Complain,
): void {
  if (command.toLowerCase() === 'none') return;
  const words = splitWords(command) ?? [];
  const isSsh = /(^|\/)ssh$/.test(words.shift() ?? '');
  let user: string | undefined;
  let port: string | undefined;
  let machine: string | undefined;
  let isPlain = isSsh && /\s-W\s*['"]?(\[?%h\]?):%p/.test(command);
  while (words.length > 0) {
    const word = words.shift()!;
    if (word.startsWith('-W')) {
      if (word === '-W') words.shift();
    } else if (word === '-p') port = words.shift();
    else if (word === '-l') user = words.shift();
    else if (word === '-o' || word === '-i') words.shift();
    else if (!word.startsWith('-') && machine === undefined) machine = word;
    else if (!/^-[qAaCx46To]/.test(word)) isPlain = false;
  }
  if (!isPlain || machine === undefined) {
    complain(
      setting,
      `the ProxyCommand "${command}" is not run`,
      'Say it as ProxyJump: -o ProxyJump=user@host:port.',
      true,
    );
    return;
  }
  const withUser = user === undefined || machine.includes('@') ? machine : `${user}@${machine}`;
  found.jumps = [port === undefined ? withUser : `${withUser}:${port}`];
}
