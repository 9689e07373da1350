import { ConfigError } from '../edit/config-error.ts';
import { layoutOf } from '../syntax/layout.ts';
import { placedValueOf, valueOf, type MainCf, type ParameterEntry } from '../syntax/main-cf.ts';
import { findService, type MasterCf, type ServiceEntry } from '../syntax/master-cf.ts';
import { argumentsOf, serviceOf } from '../syntax/service.ts';
import { fieldsOf, isServiceType, type ServiceType } from '../syntax/service-fields.ts';
import type { Range } from '../syntax/source.ts';
import type { Origin } from './origin.ts';

/** One value that the files set, with the way back to its place. */
export interface Setting {
  readonly name: string;
  readonly raw: string;
  readonly origin: Origin;
  /** Where it stands; undefined for what no file sets. */
  readonly place?: SettingPlace;
}

export interface SettingPlace {
  readonly entry: ParameterEntry | ServiceEntry;
  /** Where a stretch of the raw value stands in the entry's text. */
  rangeOf(start: number, end: number): Range;
}

/** Names that Postfix sets for itself: what the files say is ignored. */
const readOnlyParameters: ReadonlySet<string> = new Set(['process_id', 'process_name', 'service_name']);

/** What main.cf sets, each name once with its last value, in the order of the places that count. */
export function mainSettings(main: MainCf): Setting[] {
  const layout = layoutOf(main);
  const last = new Map<string, ParameterEntry>();
  for (const entry of main.entries) {
    if (entry.type !== 'parameter' || readOnlyParameters.has(entry.name)) continue;
    last.delete(entry.name);
    last.set(entry.name, entry);
  }
  return [...last.values()].map((entry) => ({
    name: entry.name,
    raw: valueOf(entry),
    origin: { type: 'main', ...layout.locate(entry)! },
    place: { entry, rangeOf: (start, end) => placedValueOf(entry).rangeOf(start, end) },
  }));
}

/** The `-o` overrides of a service, each name once with its last value, and what its process is called. */
export function serviceSettings(
  master: MasterCf | undefined,
  wanted: string | { readonly name: string; readonly type: ServiceType } | undefined,
): Setting[] {
  if (wanted === undefined) return [];
  const { name, type } = typeof wanted === 'string' ? splitService(wanted) : wanted;
  const entry = master && isServiceType(type) ? findService(master, name, type) : undefined;
  if (!master || !entry) {
    throw new ConfigError(
      'no-such-service',
      `master.cf has no service ${name}/${type}: name one as it stands there, for example smtp/inet`,
    );
  }
  const service = `${name}/${type}`;
  const layout = layoutOf(master);
  const settings = new Map<string, Setting>();
  for (const part of argumentsOf(fieldsOf(entry))) {
    if (part.type !== 'option' || readOnlyParameters.has(part.name)) continue;
    const range = part.fields.at(-1)?.range ?? { start: 0, end: 0 };
    settings.delete(part.name);
    settings.set(part.name, {
      name: part.name,
      raw: part.value,
      origin: { type: 'service', service, ...layout.locate(entry, range.start)! },
      place: { entry, rangeOf: () => range },
    });
  }
  const own = { type: 'process', service } as const;
  return [
    ...settings.values(),
    { name: 'service_name', raw: name, origin: own },
    { name: 'process_name', raw: serviceOf(entry).command.replace(/^.*\//, ''), origin: own },
  ];
}

function splitService(service: string): { name: string; type: string } {
  const slash = service.lastIndexOf('/');
  return slash < 0
    ? { name: service, type: 'inet' }
    : { name: service.slice(0, slash), type: service.slice(slash + 1) };
}
