import { readFile, stat } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import type { PosternConfig } from './config.ts';
import { findConfigFile } from './find.ts';
import { distrust } from './trust.ts';
import { CommandError } from '../exit.ts';
import type { Io } from '../io.ts';

/** A configuration file that was read and holds what it should. */
export interface ConfigFile extends PosternConfig {
  readonly path: string;
  /** Where its relative paths start. */
  readonly folder: string;
}

/**
 * Reads the configuration file.
 *
 * @param given  the path from `--config`; undefined to look for one, false for none
 * @throws CommandError when it cannot be read, must not be trusted, or is wrong. One that was only found and must not
 *   be trusted is left alone with a warning, so that nobody's file can stop another one's work
 */
export async function loadConfig(io: Io, given: string | false | undefined): Promise<ConfigFile | undefined> {
  if (given === false) return undefined;
  const path = given === undefined ? findConfigFile(io.cwd) : resolve(io.cwd, given);
  if (path === undefined) return undefined;
  const isFile = await stat(path)
    .then((found) => found.isFile())
    .catch(() => false);
  if (!isFile) throw new CommandError('usage', `--config ${given}: there is no such file`);
  const danger = distrust(path);
  if (danger !== undefined) {
    if (given !== undefined) throw new CommandError('usage', `${path} is not used: ${danger}`);
    io.err(`postern: ${path} is not used: ${danger}\n`);
    return undefined;
  }
  return { ...(await checkConfig(path, await readConfig(path))), path, folder: dirname(path) };
}

async function readConfig(path: string): Promise<unknown> {
  try {
    if (extname(path) === '.json') return JSON.parse(await readFile(path, 'utf8'));
    const { default: config } = (await import(pathToFileURL(path).href)) as { default?: unknown };
    if (config === undefined)
      throw new Error('it has no default export; write export default defineConfig({ … })');
    return config;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError('usage', `${path} cannot be read: ${reason}`, { cause });
  }
}

async function checkConfig(path: string, value: unknown): Promise<PosternConfig> {
  const { configSchema, settingNames } = await import('./schema.ts');
  const { data, error } = configSchema.safeParse(value);
  if (data) return data;
  const { didYouMean } = await import('@postern/config');
  const near = (name: string): string => didYouMean(name, settingNames);
  const lines = error.issues.flatMap((issue) => describe(issue, [], value, near));
  throw new CommandError('usage', `${path} is not used:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** `; did you mean …?`, or nothing. */
type Near = (name: string) => string;

/** One line for each mistake: where in the file, what is wrong, and what to do. */
function describe(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
  value: unknown,
  near: Near,
): string[] {
  const path = [...above, ...issue.path];
  const where = path.length === 0 ? 'the file' : path.join('.');
  switch (issue.code) {
    case 'invalid_union': {
      // The branch that the value was meant for: the one that has nothing against its kind.
      const meant = issue.errors.find((issues) =>
        issues.every((each) => each.path.length > 0 || each.code === 'unrecognized_keys'),
      );
      if (meant) return meant.flatMap((each) => describe(each, path, value, near));
      return [`${where}: ${JSON.stringify(at(value, path))} is neither a text nor an object with "at"`];
    }
    case 'unrecognized_keys':
      return issue.keys.map((key) => `${where}: there is no setting "${key}"${near(key) || '; take it out'}`);
    case 'invalid_key':
      return [`${where}: ${issue.issues[0]?.message ?? issue.message}`];
    case 'invalid_type':
      return at(value, path) === undefined
        ? [`${where}: is missing; write a ${words[issue.expected] ?? issue.expected}`]
        : [`${where}: ${JSON.stringify(at(value, path))} is no ${words[issue.expected] ?? issue.expected}`];
    case 'invalid_value':
      return [`${where}: ${JSON.stringify(at(value, path))} is none of ${issue.values.join(', ')}`];
    case 'too_small':
      return [`${where}: is empty; write something or take it out`];
    default:
      return [`${where}: ${JSON.stringify(at(value, path))} ${issue.message}`];
  }
}

const words: Readonly<Record<string, string>> = {
  string: 'text in quotes',
  boolean: 'true or false',
  array: 'list in brackets',
  object: 'object in braces',
  record: 'object in braces',
};

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inside, key) => (inside as Record<PropertyKey, unknown> | null | undefined)?.[key],
    value,
  );
}
