import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  compareReleases,
  holdsSince,
  parseVersion,
  toVersion,
} from '../../packages/config/src/catalogue/version.ts';
import type { ParameterSource, Source } from './source.ts';

/** What the Postfix of this machine says about itself. */
export interface Installed {
  readonly version: string;
  /** Name → default. */
  readonly defaults: ReadonlyMap<string, string>;
}

export interface Difference {
  readonly name: string;
  readonly message: string;
  /** The default that the installed Postfix has, if the catalogue should take it in. */
  readonly installed?: string;
}

/** Asks `postconf -d`, with empty files so that no transport of this machine adds parameters; undefined without Postfix. */
export function readInstalled(): Installed | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'postern-catalogue-'));
  try {
    for (const file of ['main.cf', 'master.cf']) writeFileSync(join(folder, file), '');
    const env = {
      ...process.env,
      PATH: [process.env['PATH'], '/usr/sbin', '/usr/local/sbin'].join(delimiter),
    };
    const { status, stdout } = spawnSync('postconf', ['-c', folder, '-d'], { env, encoding: 'utf8' });
    if (status !== 0) return undefined;
    const defaults = new Map(
      stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => {
          const equals = line.indexOf(' =');
          return [line.slice(0, equals), line.slice(equals + 2).trim()];
        }),
    );
    const version = defaults.get('mail_version') ?? '';
    return parseVersion(version) ? { version, defaults } : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Where the catalogue and the installed Postfix differ, without what builds and hosts choose. */
export function compareWithInstalled(
  { parameters }: Source,
  { version, defaults }: Installed,
  buildDefaults: Readonly<Record<string, string>>,
): Difference[] {
  const wanted = toVersion(version);
  const known = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const differences: Difference[] = [];
  for (const [name, installed] of defaults) {
    const parameter = known.get(name);
    if (!parameter || !isIn(parameter, version)) {
      differences.push({
        name,
        message: `only the installed Postfix has it, with the default "${installed}"`,
        installed,
      });
    } else if (!(name in buildDefaults)) {
      const ours = Object.entries(parameter.defaults).findLast(([since]) => holdsSince(since, wanted))?.[1];
      if (ours === null || ours === installed) continue;
      differences.push({
        name,
        message: `the default is "${installed}" here and "${ours}" in the catalogue`,
        installed,
      });
    }
  }
  for (const parameter of parameters) {
    if (isIn(parameter, version) && !defaults.has(parameter.name)) {
      differences.push({ name: parameter.name, message: 'the installed Postfix does not have it' });
    }
  }
  return differences;
}

function isIn({ since, until, backports = [] }: ParameterSource, version: string): boolean {
  const wanted = toVersion(version);
  if (until && compareReleases(wanted, toVersion(until)) > 0) return false;
  return [since, ...backports].some((start) => holdsSince(start, wanted));
}

/** The parameters with what only the installed Postfix has, as of its series. Types of new ones are for a person to fill in. */
export function adopt(
  parameters: readonly ParameterSource[],
  { version }: Installed,
  differences: readonly Difference[],
): ParameterSource[] {
  const { major, minor } = toVersion(version);
  const series = `${major}.${minor}`;
  const adopted = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  for (const { name, installed } of differences) {
    if (installed === undefined) continue;
    const known = adopted.get(name);
    adopted.set(
      name,
      known
        ? { ...known, defaults: { ...known.defaults, [series]: installed } }
        : { name, type: 'string', since: series, readers: ['global'], defaults: { [series]: installed } },
    );
  }
  return [...adopted.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
