import {
  argumentsOf,
  effective,
  fieldsOf,
  findParameter,
  placedValueOf,
  restrictionLists,
  satisfies,
  type Effective,
  type Layout,
  type MainCf,
  type MasterCf,
  type ParameterEntry,
  type ServiceEntry,
} from '@postern/config';
import type { Place } from '@postern/plan';
import type { Edit } from '../rule.ts';
import { readRestrictions, type RestrictionList } from './restrictions.ts';
import { isYes, type Setting } from './setting.ts';
import type { Scope } from './subject.ts';

/** A file by the name that findings call it, with the places of its entries. */
export interface LaidOutFile {
  readonly name: string;
  readonly layout: Layout;
}

/** Where the values of all processes come from. */
export interface Source {
  readonly version: string;
  readonly main: MainCf;
  readonly master: MasterCf;
  readonly mainFile: LaidOutFile;
  readonly masterFile: LaidOutFile;
}

export function placeIn(file: LaidOutFile, entry: ParameterEntry | ServiceEntry, offset = 0): Place {
  return { file: file.name, ...file.layout.locate(entry, offset)! };
}

/** The values that one process sees: its own `-o`, then main.cf, then the defaults of the version. */
export function createScope(source: Source, own?: ServiceEntry): Scope {
  const { main, master, version } = source;
  let known: Effective | undefined;
  // Most of a host's processes are never asked for a value.
  const values = (): Effective =>
    (known ??= effective({
      main,
      master,
      version,
      ...(own && { service: { name: own.name, type: own.serviceType } }),
    }));
  const expand = (text: string): string => values().expand(text).value ?? '';
  const settings = new Map<string, Setting>();
  const lists = new Map<string, RestrictionList>();

  const read = (name: string): Setting => {
    const found = values().get(name);
    const raw = found?.raw ?? '';
    const base = { name, raw, value: found?.value ?? '', beside: (other: string) => scope.setting(other) };
    if (own && found?.origin.type === 'service') return { ...base, ...fromService(source, own, name, raw) };
    const entry = found?.origin.type === 'main' ? findParameter(main, name) : undefined;
    return { ...base, ...(entry ? fromMain(source, entry) : fromDefault(name)) };
  };

  const scope: Scope = {
    setting(name) {
      const setting = settings.get(name) ?? read(name);
      settings.set(name, setting);
      return setting;
    },
    sets: (name) => scope.setting(name).origin !== 'default',
    isOn: (name) => isYes(scope.setting(name)),
    list(name) {
      const list =
        lists.get(name) ??
        readRestrictions(scope.setting(name), {
          isClass: !(restrictionLists as readonly string[]).includes(name),
          lookup: (other) => (scope.sets(other) ? scope.setting(other) : undefined),
          expand,
        });
      lists.set(name, list);
      return list;
    },
  };
  return scope;
}

/** Where a setting comes from and how it is changed there. */
type Origin = Omit<Setting, 'name' | 'raw' | 'value' | 'beside'>;

function fromDefault(name: string): Origin {
  return {
    written: '',
    origin: 'default',
    key: name,
    at: undefined,
    placeOf: () => undefined,
    set: (value) => setParameter(name, value),
    setList: (value) => [setParameter(name, value)],
    setBeside: setParameter,
    unset: () => ({ type: 'remove-parameter', name }),
  };
}

function fromMain({ mainFile }: Source, entry: ParameterEntry): Origin {
  const placed = placedValueOf(entry);
  return {
    ...fromDefault(entry.name),
    written: entry.text,
    origin: 'main',
    at: placeIn(mainFile, entry),
    placeOf: (offset) => placeIn(mainFile, entry, placed.rangeOf(offset, offset + 1).start),
  };
}

function fromService(
  { masterFile, version }: Source,
  entry: ServiceEntry,
  name: string,
  raw: string,
): Origin {
  const option = (other: string, value: string | null): Edit => ({
    type: 'set-service-option',
    name: entry.name,
    serviceType: entry.serviceType,
    option: other,
    value,
  });
  const start = optionOffset(entry, name, raw);
  // Without blanks after commas fewer values need braces, which came with 3.0.
  const inOneWord = (value: string): string => value.trim().replaceAll(/,\s+/g, ',').replaceAll(/\s+/g, ' ');
  const set = (value: string): Edit => option(name, inOneWord(value));
  return {
    written: raw,
    origin: 'service',
    key: `${entry.name}/${entry.serviceType} ${name}`,
    at: placeIn(masterFile, entry, start),
    placeOf: (offset) => placeIn(masterFile, entry, start + offset),
    set,
    setList: (value) => {
      if (!inOneWord(value).includes(' ') || satisfies(version, '>=3.0')) return [set(value)];
      const elsewhere = `${entry.name.replaceAll(/\W/g, '_')}_${name.replace(/^smtpd_/, '')}`;
      return [setParameter(elsewhere, value), option(name, `$${elsewhere}`)];
    },
    setBeside: option,
    unset: () => option(name, null),
  };
}

function setParameter(name: string, value: string): Edit {
  return { type: 'set-parameter', name, value };
}

/** Where the value of an `-o name=value` begins in its entry. */
function optionOffset(entry: ServiceEntry, name: string, value: string): number {
  const option = argumentsOf(fieldsOf(entry)).findLast(
    (part) => part.type === 'option' && part.name === name,
  );
  const field = option?.fields.at(-1);
  return field ? field.range.start + Math.max(field.text.lastIndexOf(value), 0) : 0;
}
