import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Profile, Rule } from '@postern/hardening';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';

/** Whether a word of the command line is a module rather than a name. */
export function isModulePath(text: string): boolean {
  return /\.(m|c)?[jt]s$/.test(text);
}

/**
 * The rules that a module exports: `export default [ruleA, ruleB]`, one rule, or each by its own name.
 *
 * @throws CommandError when it cannot be loaded or has none
 */
export async function loadRules(io: Io, path: string): Promise<Rule[]> {
  const found = Object.values(await load(io, path, 'rules'))
    .flat()
    .filter(isRule);
  if (found.length > 0) return [...new Set(found)];
  throw new CommandError(
    'usage',
    `--rules ${path}: exports no rule. A rule has id, level, versions, source, title, why and check; make it with defineRule of @postern/hardening`,
  );
}

/**
 * The profile that a module exports, as default or by a name.
 *
 * @throws CommandError when it cannot be loaded or has not exactly one
 */
export async function loadProfile(io: Io, path: string): Promise<Profile> {
  const found = [...new Set(Object.values(await load(io, path, 'profile')).filter(isProfile))];
  const [profile] = found;
  if (profile && found.length === 1) return profile;
  throw new CommandError(
    'usage',
    `--profile ${path}: exports ${found.length === 0 ? 'no profile' : 'several profiles'}. A profile has id, title, description, rules and measures; make it with defineProfile of @postern/hardening`,
  );
}

async function load(io: Io, path: string, option: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(io.cwd, path)).href)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError('usage', `--${option} ${path}: cannot be loaded: ${reason}`, { cause: error });
  }
}

function isRule(value: unknown): value is Rule {
  return hasFields(value, ['id', 'level', 'versions', 'source', 'title', 'why', 'check']);
}

function isProfile(value: unknown): value is Profile {
  return hasFields(value, ['id', 'title', 'description', 'rules', 'measures']);
}

function hasFields(value: unknown, names: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && names.every((name) => name in value);
}
