import type { EnvironmentCheck } from './check.ts';
import type { Io } from '../io.ts';
import { loadConfig } from '../settings/load.ts';
import { findPostfixVersion } from '../postfix-version.ts';

/** The least Node that runs us; the packages say the same under "engines". */
const leastNode = [22, 19] as const;

/** Node, the terminal, Postfix, and the configuration file. */
export async function checkCommand(io: Io, config: string | false | undefined): Promise<EnvironmentCheck[]> {
  return [
    checkNode(process.versions.node),
    checkTerminal(io, process.env),
    await checkPostfix(),
    await checkConfig(io, config),
  ];
}

export function checkNode(version: string): EnvironmentCheck {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  return {
    id: 'node',
    topic: 'command',
    status: isEnough ? 'pass' : 'fail',
    message: `Node is ${version}.`,
    ...(!isEnough && { advice: `Install Node ${leastNode.join('.')} or newer.` }),
  };
}

/** Why there are colours, or why not. */
export function checkTerminal(
  { terminal, color }: Pick<Io, 'terminal' | 'color'>,
  environment: NodeJS.ProcessEnv,
): EnvironmentCheck {
  const why = ['FORCE_COLOR', 'NO_COLOR'].find((name) => (environment[name] ?? '') !== '');
  const reason =
    why ??
    (environment['TERM'] === 'dumb' ? 'TERM=dumb' : `standard output is ${terminal ? 'a' : 'no'} terminal`);
  return {
    id: 'terminal',
    topic: 'command',
    status: 'info',
    message: `Colour is ${color ? 'on' : 'off'}: ${why === undefined ? reason : `${why} is set`}.`,
  };
}

async function checkPostfix(): Promise<EnvironmentCheck> {
  const base = { id: 'postfix', topic: 'command' } as const;
  try {
    return {
      ...base,
      status: 'pass',
      message: `Postfix ${await findPostfixVersion(undefined)} is installed here.`,
    };
  } catch {
    return {
      ...base,
      status: 'info',
      message: 'No Postfix is installed here.',
      advice:
        'For a folder say which version reads it, for example --postfix 3.7.11; hosts are asked for theirs.',
    };
  }
}

async function checkConfig(io: Io, given: string | false | undefined): Promise<EnvironmentCheck> {
  const base = { id: 'configuration-file', topic: 'command' } as const;
  let warning = '';
  const quiet = { ...io, err: (text: string | Uint8Array) => void (warning += String(text)) };
  try {
    const file = await loadConfig(quiet, given);
    if (warning !== '')
      return { ...base, status: 'warning', message: warning.replace(/^postern: /, '').trim() };
    if (!file)
      return { ...base, status: 'info', message: 'There is no configuration file, and none is needed.' };
    const count = Object.keys(file.targets ?? {}).length;
    return {
      ...base,
      status: 'pass',
      message: `${file.path} is sound and names ${count} target${count === 1 ? '' : 's'}.`,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      ...base,
      status: 'fail',
      message: message.replaceAll(/\n\s+/g, ' '),
      advice: 'Mend it: postern stops at it.',
    };
  }
}
