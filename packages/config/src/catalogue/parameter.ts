import { parameterRows } from './generated/parameters.ts';
import type { ParameterKind, ParameterType } from './parameter-type.ts';
import { splitPerTransportName, type PerTransportParameter } from './per-transport.ts';
import { compareReleases, holdsSince, toVersion, type Version } from './version.ts';

/** Something that holds from a version on. A version with a patch level speaks of its own series alone. */
export interface Since<T> {
  readonly since: string;
  readonly value: T;
}

/** What the catalogue knows about a parameter. Plain JSON data. */
export interface ParameterInfo {
  readonly name: string;
  /** How Postfix reads the text: as of the version asked for, or of the newest release. */
  readonly type: ParameterType;
  /** What the text means. */
  readonly kind: ParameterKind;
  /** Least and greatest value of an integer or a time in seconds; Postfix leaves the missing end open. */
  readonly bounds?: { readonly min?: number; readonly max?: number };
  /** The words of an enum, each with the versions that know it. */
  readonly values?: readonly EnumWord[];
  /** The default as of the version asked for, or of the newest release. Undefined where Postfix computes it. */
  readonly default: string | undefined;
  /** All defaults, oldest first. */
  readonly defaults: readonly Since<string | undefined>[];
  readonly types: readonly Since<ParameterType>[];
  /** The first release series that has it; `2.0` stands for 2.0 or older. */
  readonly since: string;
  /** The last release series that has it. */
  readonly until?: string;
  /** Patch levels of older series that have it too. */
  readonly backports: readonly string[];
  /** The programs that read it; `global` stands for all. */
  readonly readers: readonly string[];
  /** Since when Postfix warns about it, and what takes its place (nothing: leave it at its default). */
  readonly deprecated?: { readonly since: string; readonly replacement?: string };
  /** Set for a parameter that exists once for each transport. */
  readonly perTransport?: { readonly transport: string; readonly suffix: string };
}

export interface EnumWord {
  readonly word: string;
  /** Release series and patch levels from which the word is known; empty for always. */
  readonly since: readonly string[];
}

const typeNames: Readonly<Record<string, ParameterType>> = {
  s: 'string',
  r: 'raw',
  b: 'boolean',
  B: 'normalized-boolean',
  i: 'integer',
  I: 'normalized-integer',
  l: 'long',
  t: 'time',
};

let rowsByName: ReadonlyMap<string, string> | undefined;
const decoded = new Map<string, ParameterInfo>();

function allRows(): ReadonlyMap<string, string> {
  rowsByName ??= new Map(parameterRows.map((row) => [row.slice(0, row.indexOf('¦')), row]));
  return rowsByName;
}

/** The names of all parameters of all releases, or of those that a version has, without those made for each transport. */
export function parameterNames(version?: string | Version): string[] {
  const names = [...allRows().keys()];
  if (version === undefined) return names;
  const wanted = toVersion(version);
  return names.filter((name) => isKnownIn(decode(name)!, wanted));
}

/**
 * What is known about a parameter, `smtp-amavis_destination_recipient_limit` and its like included;
 * undefined for a name that Postfix never had or, when a version is given, that this version has not.
 *
 * @throws ConfigError `bad-version`
 */
export function parameter(name: string, version?: string | Version): ParameterInfo | undefined {
  const info = decode(name);
  if (!info || version === undefined) return info;
  const wanted = toVersion(version);
  if (!isKnownIn(info, wanted)) return undefined;
  const type = asOf(info.types, wanted) ?? info.type;
  return { ...info, type, default: asOf(info.defaults, wanted) };
}

/**
 * The default of a parameter in a version, unexpanded; undefined where the version has no such parameter
 * or Postfix computes the value on the host (`myhostname`, `mydomain`, `mynetworks`, `process_id`).
 *
 * @throws ConfigError `bad-version`
 */
export function defaultOf(name: string, version: string | Version): string | undefined {
  const info = decode(name);
  const wanted = toVersion(version);
  return info && isKnownIn(info, wanted) ? asOf(info.defaults, wanted) : undefined;
}

/** Whether a version has the parameter, by its series or by a back-port. */
export function isKnownIn(info: ParameterInfo, version: Version): boolean {
  if (info.until !== undefined && compareReleases(version, toVersion(info.until)) > 0) return false;
  return holdsSince(info.since, version) || info.backports.some((backport) => holdsSince(backport, version));
}

/** The newest of the entries that holds in the version. */
function asOf<T>(steps: readonly Since<T>[], version: Version): T | undefined {
  return steps.findLast(({ since }) => holdsSince(since, version))?.value;
}

function decode(name: string): ParameterInfo | undefined {
  const known = decoded.get(name);
  if (known) return known;
  const row = allRows().get(name);
  if (row !== undefined) {
    const info = decodeRow(row);
    decoded.set(name, info);
    return info;
  }
  const split = splitPerTransportName(name);
  return split && perTransportInfo(name, split.transport, split.parameter);
}

/**
 *     smtpd_hard_error_limit¦i‖2.6=I¦¦2.0¦¦¦1-0¦smtpd¦100‖2.1=20‖2.6=${stress?1}${stress:20}¦
 *     name                   types   ^since  ^bounds ^readers  defaults                      ^deprecated, values
 *                                    kind    until, backports
 */
function decodeRow(row: string): ParameterInfo {
  const [
    name = '',
    types = '',
    kind = '',
    since = '',
    until,
    backports,
    bounds,
    readers = '',
    defaults = '',
    deprecated,
    values,
  ] = row.split('¦');
  // What an older series got by a back-port has its default there too.
  const start = backports ? seriesOf(backports.split(' ')[0]!) : since;
  const typeHistory = history(types, start).map((step) => ({
    since: step.since,
    value: typeNames[step.value]!,
  }));
  const defaultHistory = history(defaults, start).map((step) => ({
    since: step.since,
    value: step.value === '?' ? undefined : step.value,
  }));
  const type = typeHistory.at(-1)!.value;
  const [warns = '', replacement] = (deprecated ?? '').split(' ');
  return {
    name,
    type,
    kind: kind === '' ? kindOfType(type) : (kind as ParameterKind),
    ...(bounds && { bounds: boundsOf(bounds) }),
    ...(values !== undefined && { values: values.split(' ').map(enumWord) }),
    default: defaultHistory.at(-1)!.value,
    defaults: defaultHistory,
    types: typeHistory,
    since,
    ...(until && { until }),
    backports: backports ? backports.split(' ') : [],
    readers: readers.split(' '),
    ...(warns && { deprecated: replacement ? { since: warns, replacement } : { since: warns } }),
  };
}

function history(text: string, since: string): Since<string>[] {
  return text.split('‖').map((step, index) => {
    if (index === 0) return { since, value: step };
    const equals = step.indexOf('=');
    return { since: step.slice(0, equals), value: step.slice(equals + 1) };
  });
}

function seriesOf(version: string): string {
  return version.split('.', 2).join('.');
}

function boundsOf(text: string): { min?: number; max?: number } {
  const [min, max] = text.split('-').map(Number);
  return { ...(min && { min }), ...(max && { max }) };
}

function enumWord(text: string): EnumWord {
  const [word = '', since] = text.split('@');
  return { word, since: since ? since.split(',') : [] };
}

function kindOfType(type: ParameterType): ParameterKind {
  if (type === 'time') return 'time';
  if (type === 'boolean' || type === 'normalized-boolean') return 'boolean';
  return type === 'string' || type === 'raw' ? 'string' : 'integer';
}

function perTransportInfo(name: string, transport: string, template: PerTransportParameter): ParameterInfo {
  const { suffix, type, since, fallback } = template;
  const value = `$${fallback}`;
  return {
    name,
    type,
    kind: kindOfType(type),
    default: value,
    defaults: [{ since, value }],
    types: [{ since, value: type }],
    since,
    backports: [],
    readers: suffix === 'time_limit' ? ['pipe', 'spawn'] : ['qmgr', 'oqmgr'],
    perTransport: { transport, suffix },
  };
}

/** The words of an enum that a version knows. */
export function wordsIn(info: ParameterInfo, version: string | Version): string[] {
  const wanted = toVersion(version);
  return (info.values ?? [])
    .filter(({ since }) => since.length === 0 || since.some((start) => holdsSince(start, wanted)))
    .map(({ word }) => word);
}
