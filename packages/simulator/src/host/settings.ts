import {
  effective,
  findParameter,
  layoutOf,
  parameter,
  parseMain,
  parseMaster,
  placedValueOf,
  serviceOf,
  type Effective,
  type Layout,
  type MainCf,
  type MasterCf,
  type ParameterEntry,
  type PlacedValue,
} from '@postern/config';
import type { Configuration } from '../model/configuration.ts';
import type { Place } from '../model/verdict.ts';

/** The effective parameters of one service, in the types that decisions need. */
export interface Settings {
  readonly version: string;
  /** The program behind the service: `smtpd`, `postscreen`. */
  readonly program: string;
  /** Whether master.cf has the service; without a master.cf, `smtp` is assumed. */
  readonly exists: boolean;
  text(name: string): string;
  flag(name: string): boolean;
  /** A whole number, or a time in seconds; 0 for what is none. */
  number(name: string): number;
  /** Whether the version has the parameter, set or not. */
  has(name: string): boolean;
  /** Why the value that the files give cannot be had; undefined where it can. */
  unreadable(name: string): { readonly fatal: boolean; readonly because: string } | undefined;
  /** Whether one of the files gives the value. */
  isSet(name: string): boolean;
  place(name: string): Place;
  /** Where a character of the value as written stands. */
  placeWithin(name: string, at: number): Place;
  readonly effective: Effective;
}

/** Values longer than this are not read: `a = $b$b`, `b = $c$c` … doubles with each line. */
const longestValue = 1_000_000;

const nowhere: Place = { file: null, line: null };

/** Reads a configuration's two files once. */
export interface Files {
  readonly main: MainCf;
  readonly master: MasterCf | undefined;
  readonly layout: Layout;
}

export function readFiles({ main, master }: Configuration): Files {
  const tree = typeof main === 'string' ? parseMain(main) : main;
  return {
    main: tree,
    master: typeof master === 'string' ? (master.trim() === '' ? undefined : parseMaster(master)) : master,
    layout: layoutOf(tree),
  };
}

/**
 * The service of master.cf that a client reaches by this name. `10.0.0.1:smtp` also answers to `smtp`; `smtpd/pass` is
 * of that type alone.
 */
export function findListener(
  master: MasterCf | undefined,
  wanted: string,
): { readonly name: string; readonly type: 'inet' | 'pass'; readonly program: string } | undefined {
  const [, name = '', type] = /^(.*?)(?:\/(inet|pass))?$/s.exec(wanted) ?? [];
  const aliases = new Map([
    ['25', 'smtp'],
    ['smtp', '25'],
    ['587', 'submission'],
    ['submission', '587'],
    ['465', 'submissions'],
    ['submissions', '465'],
    ['smtps', '465'],
  ]);
  const services = (master?.entries ?? []).flatMap((entry) =>
    entry.type === 'service' &&
    (entry.serviceType === 'inet' || entry.serviceType === 'pass') &&
    (type === undefined || entry.serviceType === type)
      ? [{ name: entry.name, type: entry.serviceType, entry }]
      : [],
  );
  const port = (text: string): string => text.slice(text.lastIndexOf(':') + 1);
  const same = (text: string, other: string | undefined): boolean => text === other || port(text) === other;
  const found =
    services.find((service) => service.name === name) ??
    services.find((service) => service.type === 'inet' && same(service.name, name)) ??
    services.find((service) => service.type === 'inet' && same(service.name, aliases.get(name)));
  return (
    found && {
      name: found.name,
      type: found.type,
      program: serviceOf(found.entry).command.replace(/^.*\//, ''),
    }
  );
}

export function readSettings(
  files: Files,
  version: string,
  hostname: string,
  stress: string,
  service:
    { readonly name: string; readonly type: 'inet' | 'pass' | 'unix'; readonly program: string } | undefined,
): Settings {
  const input = {
    main: files.main,
    version,
    hostname,
    defaults: { stress },
    ...(files.master && { master: files.master }),
    ...(service && files.master && { service: { name: service.name, type: service.type } }),
  };
  const values = effective(input);
  const known = new Map<string, string>();
  const inVersion = new Map<string, boolean>();
  const flags = new Map<string, boolean>();
  const numbers = new Map<string, number>();
  const placedValues = new Map<string, { readonly entry: ParameterEntry; readonly value: PlacedValue }>();
  const text = (name: string): string => {
    let value = known.get(name);
    if (value === undefined) {
      value = values.get(name)?.value ?? '';
      // A flat text: what doubles with each line would take all memory.
      if (value.length > longestValue) value = '';
      known.set(name, value);
    }
    return value;
  };
  const place = (name: string): Place => {
    const origin = values.get(name)?.origin;
    if (origin?.type === 'main') return { file: 'main.cf', line: origin.line };
    return origin?.type === 'service' ? { file: 'master.cf', line: origin.line } : nowhere;
  };
  return {
    version,
    program: service?.program ?? 'smtpd',
    exists: service !== undefined,
    effective: values,
    text,
    flag(name) {
      let value = flags.get(name);
      if (value === undefined) flags.set(name, (value = /^yes$/i.test(text(name).trim())));
      return value;
    },
    number(name) {
      let value = numbers.get(name);
      if (value === undefined) numbers.set(name, (value = readNumber(text(name))));
      return value;
    },
    has(name) {
      let there = inVersion.get(name);
      if (there === undefined) inVersion.set(name, (there = parameter(name, version) !== undefined));
      return there;
    },
    unreadable(name) {
      const value = values.get(name)?.value;
      if (value === undefined) return undefined;
      if (value === null) {
        const problem = values.expand(`$${name}`).problems.at(-1);
        const because = `${name} cannot be expanded: ${problem?.message ?? 'it has no value'}`;
        return { fatal: problem?.code !== 'macro-too-long', because };
      }
      if (value.length <= longestValue) return undefined;
      return { fatal: false, because: `${name} has ${value.length} characters, more than are read` };
    },
    isSet: (name) => {
      const type = values.get(name)?.origin.type;
      return type === 'main' || type === 'service';
    },
    place,
    placeWithin(name, at) {
      const whole = place(name);
      if (whole.file !== 'main.cf') return whole;
      let placed = placedValues.get(name);
      if (!placed) {
        const entry = findParameter(files.main, name);
        placed = entry && { entry, value: placedValueOf(entry) };
        if (!placed) return whole;
        placedValues.set(name, placed);
      }
      const { entry, value } = placed;
      return {
        file: 'main.cf',
        line: files.layout.locate(entry, value.rangeOf(at, at).start)?.line ?? whole.line,
      };
    },
  };
}

/** A whole number, or a time in seconds. */
function readNumber(text: string): number {
  const match = /^\s*(-?\d+)\s*([smhdw]?)/i.exec(text);
  const unit = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[match?.[2]?.toLowerCase() ?? ''] ?? 1;
  return match ? Number(match[1]) * unit : 0;
}
