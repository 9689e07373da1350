import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Suppression } from '@postern/hardening';
import type { TargetConfig, TargetSettings } from './config.ts';
import { loadConfig, type ConfigFile } from './load.ts';
import { CommandError } from '../exit.ts';
import { isHost } from '../host-target.ts';
import type { Io } from '../io.ts';
import { isModulePath } from '../own-rules.ts';

/** What a command takes from the configuration file besides its options. */
export interface Configured {
  readonly suppressions: readonly Suppression[];
}

/** What arguments that take a TARGET are called. */
const targetNames = new Set(['target', 'before', 'after', 'a', 'b']);

/** Which arguments of a command take a TARGET: those of commands that can log in to one. */
export function targetArguments(command: Command): number[] {
  if (!command.options.some(({ long }) => long === '--identity')) return [];
  return command.registeredArguments.flatMap((argument, index) =>
    targetNames.has(argument.name()) ? [index] : [],
  );
}

/** Adds `--config` and `--no-config` to every command that takes a TARGET. */
export function addConfigOption(command: Command): void {
  if (command.commands.length === 0 && targetArguments(command).length > 0)
    command
      .option(
        '--config <file>',
        'the configuration file (default: postern.config.ts, .mjs or .json here or above)',
      )
      .option('--no-config', 'use no configuration file');
  command.commands.forEach(addConfigOption);
}

/**
 * Puts what the configuration file says into a command that is about to run: addresses in the place of names of
 * targets, and options that the command line does not give.
 */
export async function useConfig(io: Io, command: Command): Promise<Configured> {
  const places = targetArguments(command);
  if (places.length === 0) return { suppressions: [] };
  const given =
    command.getOptionValueSource('config') === 'cli' ? command.getOptionValue('config') : undefined;
  const file = await loadConfig(io, given as string | false | undefined);
  if (!file) return { suppressions: [] };
  const named: TargetConfig[] = [];
  for (const place of places) {
    const word = command.processedArgs[place] as string | undefined;
    if (word === undefined) continue;
    const target = await targetOf(io, file, word);
    if (!target) continue;
    named.push(target);
    command.processedArgs[place] = target.at;
  }
  setOptions(command, file, settingsOf(file, named));
  const suppressions = [...(file.suppressions ?? []), ...named.flatMap((each) => each.suppressions ?? [])];
  return {
    suppressions: suppressions.map((each) => ({ ...each, at: { file: file.path, line: 1, column: 1 } })),
  };
}

/** What the file says of a TARGET; undefined for one that it does not name. @throws CommandError for a slip of the pen */
async function targetOf(io: Io, file: ConfigFile, word: string): Promise<TargetConfig | undefined> {
  const { targets = {} } = file;
  const found = Object.hasOwn(targets, word) ? targets[word] : undefined;
  if (found === undefined) {
    const isName = !isHost(word) && /^[\w.-]+$/.test(word) && !existsSync(resolve(io.cwd, word));
    if (isName && Object.keys(targets).length > 0) {
      const { didYouMean } = await import('@postern/config');
      const known = Object.keys(targets);
      throw new CommandError(
        'usage',
        `${word} is neither a folder nor a target of ${file.path}, which has ${known.join(', ')}${didYouMean(word, known)}`,
      );
    }
    return undefined;
  }
  const target = typeof found === 'string' ? { at: found } : found;
  return { ...target, at: isHost(target.at) ? target.at : fromFile(file, target.at) };
}

/** The settings for the targets that a command names. @throws CommandError where two of them want different things */
function settingsOf(file: ConfigFile, named: readonly TargetConfig[]): TargetSettings {
  const settings: Record<string, unknown> = {};
  for (const { at: _, suppressions: __, ...own } of named) {
    for (const [key, value] of Object.entries(own)) {
      if (key in settings && JSON.stringify(settings[key]) !== JSON.stringify(value))
        throw new CommandError(
          'usage',
          `${file.path}: the targets that are named differ in ${key}; say it on the command line`,
        );
      settings[key] = value;
    }
  }
  return { ...file.defaults, ...settings };
}

/** Options that take the place of each other: one of them on the command line counts for all. */
const groups: readonly (readonly string[])[] = [
  ['spf', 'spfCommand', 'spfUser', 'spfService'],
  ['blockList', 'blockLists'],
  ['cert', 'key'],
  ['sasl', 'saslPath'],
  ['smarthost', 'smarthostPasswords'],
];

function setOptions(command: Command, file: ConfigFile, settings: TargetSettings): void {
  const isSaid = (key: string): boolean => command.getOptionValueSource(key) === 'cli';
  const known = new Set(command.options.map((option) => option.attributeName()));
  const values = { ...settings, ...(file.rules && { rules: file.rules }) };
  for (const [key, value] of Object.entries(values)) {
    const group = groups.find((names) => names.includes(key)) ?? [key];
    if (value === undefined || !known.has(key) || group.some(isSaid)) continue;
    command.setOptionValueWithSource(key, located(file, key, value), 'config');
  }
  // A profile of the file's own can be named on the command line too.
  const profile = command.getOptionValue('profile') as string | undefined;
  if (profile !== undefined && file.profiles && Object.hasOwn(file.profiles, profile))
    command.setOptionValueWithSource('profile', fromFile(file, file.profiles[profile]!), 'config');
}

/** Paths on this machine start where the file is; those on the host are left alone. */
function located(file: ConfigFile, key: string, value: unknown): unknown {
  if (Array.isArray(value) && (key === 'identity' || key === 'rules'))
    return value.map((path) => fromFile(file, path as string));
  if (typeof value !== 'string') return value;
  const isPath = key === 'knownHosts' || key === 'sshConfig' || (key === 'profile' && isModulePath(value));
  return isPath ? fromFile(file, value) : value;
}

function fromFile({ folder }: ConfigFile, path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : resolve(folder, path);
}
