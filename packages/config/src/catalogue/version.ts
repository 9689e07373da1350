import { ConfigError } from '../edit/config-error.ts';

/**
 * A Postfix release as `postconf mail_version` names it: `3.7.11`, a snapshot `3.12-20260821`,
 * a candidate `3.8.0-RC1`, a non-production build `3.9-20230714-nonprod`.
 */
export interface Version {
  readonly major: number;
  readonly minor: number;
  /** The patch level; a text without one means patch level 0. */
  readonly patch: number;
  /** What stands after the first `-`: a snapshot's date or a candidate's name. It comes before the release. */
  readonly prerelease?: string;
}

const SHAPE = /^(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:-([\w.-]{1,64}))?$/;

/** Reads a version; undefined when the text is none. White space around it does not matter. */
export function parseVersion(text: string): Version | undefined {
  const match = SHAPE.exec(text.trim());
  if (!match) return undefined;
  const [, major, minor, patch, prerelease] = match;
  const version = { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0) };
  return prerelease === undefined ? version : { ...version, prerelease };
}

/** The catalogue and its callers ask for the same few versions again and again. */
const MOST_REMEMBERED = 256;
const remembered = new Map<string, Version>();

/** As `parseVersion`, for callers that have promised a version. @throws ConfigError `bad-version` */
export function toVersion(version: string | Version): Version {
  if (typeof version !== 'string') return version;
  const known = remembered.get(version);
  if (known) return known;
  const parsed = parseVersion(version);
  if (!parsed) {
    throw new ConfigError(
      'bad-version',
      `"${version}" is not a Postfix version. Write it as "postconf mail_version" prints it, for example 3.7.11.`,
    );
  }
  if (remembered.size < MOST_REMEMBERED) remembered.set(version, parsed);
  return parsed;
}

export function printVersion({ major, minor, patch, prerelease }: Version): string {
  return `${major}.${minor}${prerelease && patch === 0 ? '' : `.${patch}`}${prerelease ? `-${prerelease}` : ''}`;
}

/**
 * Negative when `a` is older than `b`, positive when newer, 0 when they are the same release.
 * Snapshots (by date) come before candidates, candidates before the release itself.
 */
export function compareVersions(a: string | Version, b: string | Version): number {
  const left = toVersion(a);
  const right = toVersion(b);
  return (
    compareReleases(left, right) ||
    left.patch - right.patch ||
    comparePrereleases(left.prerelease, right.prerelease)
  );
}

/** Compares major and minor only: 3.12-20260821 and 3.12.4 are the same release series. */
export function compareReleases(a: Version, b: Version): number {
  return a.major - b.major || a.minor - b.minor;
}

function comparePrereleases(a: string | undefined, b: string | undefined): number {
  return rank(a) - rank(b) || number(a) - number(b);
}

const rank = (prerelease: string | undefined): number =>
  prerelease === undefined ? 2 : /^rc/i.test(prerelease) ? 1 : 0;

const number = (prerelease: string | undefined): number => Number(/\d+/.exec(prerelease ?? '')?.[0] ?? 0);

/** Whether something that came with `since` is in the version; a patch level speaks of its own series alone. */
export function holdsSince(since: string, version: Version): boolean {
  const start = toVersion(since);
  if (isSeries(since)) return compareReleases(version, start) >= 0;
  return compareReleases(version, start) === 0 && compareVersions(version, start) >= 0;
}

/** Whether the text names a series such as 3.7, without a patch level. */
function isSeries(text: string): boolean {
  const dot = text.indexOf('.');
  return !text.includes('.', dot + 1) && !text.includes('-');
}

const CONDITION = /^(>=|<=|<|>|=)?\s*(\d.*)$/;

/**
 * Whether a version lies in a range: `all`, or conditions that must all hold, parted by spaces or commas:
 * `>=2.10`, `>=2.8 <3.0`, `>=3.7.6, <3.8`. A condition without a patch level looks at the series alone,
 * so 3.12-20260821 satisfies `>=3.12` and 3.7.11 satisfies `<=3.7`. `||` parts alternatives.
 *
 * @throws ConfigError `bad-version` for a version or a range that is not one
 */
export function satisfies(version: string | Version, range: string): boolean {
  const subject = toVersion(version);
  return range
    .split('||')
    .some((alternative) => conditions(alternative, range).every((holds) => holds(subject)));
}

function conditions(text: string, range: string): ((version: Version) => boolean)[] {
  const words = text
    .replaceAll(/([<>=])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter(Boolean);
  if (words.length === 0) throw new ConfigError('bad-version', `"${range}" is not a range of versions.`);
  return words
    .filter((word) => word !== 'all')
    .map((word) => {
      const [, operator = '=', limit] = CONDITION.exec(word) ?? [];
      if (limit === undefined) {
        throw new ConfigError('bad-version', `"${word}" in "${range}" is not a condition such as >=2.10.`);
      }
      const bound = toVersion(limit);
      const wholeSeries = isSeries(limit);
      return (version) => {
        const order = wholeSeries ? compareReleases(version, bound) : compareVersions(version, bound);
        if (operator === '>=') return order >= 0;
        if (operator === '<=') return order <= 0;
        if (operator === '>') return order > 0;
        return operator === '<' ? order < 0 : order === 0;
      };
    });
}
