import { defaultOf, parameter, parameterNames } from '../catalogue/parameter.ts';
import { splitPerTransportName } from '../catalogue/per-transport.ts';
import { toVersion, type Version } from '../catalogue/version.ts';
import { wordsOf } from '../edit/list-layout.ts';
import { createExpander, type Expansion } from '../expand/expand.ts';
import { referencesOf, type Reference } from '../expand/references.ts';
import { mainSettings, serviceSettings, type ServiceSettings, type Setting } from './setting.ts';
import type { MainCf } from '../syntax/main-cf.ts';
import type { MasterCf } from '../syntax/master-cf.ts';

/** What is validated. */
export interface Configuration {
  readonly main: MainCf;
  /** Without it, nothing is said about names that only master.cf could use. */
  readonly master?: MasterCf;
  /** The Postfix that will read the files, as `postconf mail_version` prints it. */
  readonly version: string;
}

/** A configuration, read once for all checks. */
export interface Scope {
  readonly version: Version;
  readonly versionText: string;
  readonly main: readonly Setting[];
  readonly services: readonly ServiceSettings[] | undefined;
  /** The setting that counts for each name: the last. */
  readonly effective: ReadonlyMap<string, Setting>;
  /** Names in smtpd_restriction_classes, of main.cf or a service. */
  readonly classes: ReadonlySet<string>;
  /** The programs that the services of each name run; undefined without a master.cf. */
  readonly programs: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  /** Names that some service sets for itself. */
  readonly setInServices: ReadonlySet<string>;
  /** The value that main.cf or the version's default gives, expanded; undefined when it has none. */
  readonly valueOf: (name: string, service?: ServiceSettings) => string | undefined;
  /** What a setting's text becomes; undefined when too much has been expanded already. */
  readonly expand: (setting: Setting) => Expansion | undefined;
  readonly referencesOf: (setting: Setting) => readonly Reference[];
}

/** Characters of expanded values that are looked at beyond those in the files: values can refer to one another. */
const SPARE = 2 ** 22;

/** @throws ConfigError `bad-version` */
export function scopeOf({ main, master, version }: Configuration): Scope {
  const settings = mainSettings(main);
  const services = master && serviceSettings(master);
  const effective = new Map(settings.map((setting) => [setting.name, setting]));
  const fromMain = (name: string): string | undefined =>
    effective.get(name)?.value ?? defaultOf(name, version);
  const written = settings.reduce((sum, { value }) => sum + value.length, 0);
  const limits = { length: SPARE + written };
  let budget = 4 * limits.length;
  const expandMain = createExpander(fromMain, version, limits);
  const expanders = new Map<ServiceSettings, (text: string) => Expansion>();
  const expanderOf = (service: ServiceSettings | undefined): ((text: string) => Expansion) => {
    if (!service || service.settings.length === 0) return expandMain;
    let expander = expanders.get(service);
    if (!expander) {
      const { overrides } = service;
      expander = createExpander((name) => overrides.get(name)?.value ?? fromMain(name), version, limits);
      expanders.set(service, expander);
    }
    return expander;
  };
  const scope: Scope = {
    version: toVersion(version),
    versionText: version,
    main: settings,
    services,
    effective,
    classes: new Set<string>(),
    programs: services && programsOf(services),
    setInServices: new Set(services?.flatMap(({ overrides }) => [...overrides.keys()])),
    valueOf(name, service) {
      const text = service?.overrides.get(name)?.value ?? fromMain(name);
      return text === undefined ? undefined : expanderOf(service)(text).value;
    },
    expand({ value, service }) {
      if (!value.includes('$')) return { value, problems: [], undefinedNames: [] };
      if (budget < 0) return undefined;
      const expansion = expanderOf(service)(value);
      budget -= value.length + (expansion.value?.length ?? 0);
      return expansion;
    },
    referencesOf: ({ value }) => referencesOf(value, version).references,
  };
  return { ...scope, classes: classesOf(scope) };
}

function classesOf({ valueOf, services = [] }: Scope): Set<string> {
  const classes = new Set(wordsOf(valueOf('smtpd_restriction_classes') ?? ''));
  for (const service of services) {
    if (!service.overrides.has('smtpd_restriction_classes')) continue;
    for (const name of wordsOf(valueOf('smtpd_restriction_classes', service) ?? '')) classes.add(name);
  }
  return classes;
}

const namesInDefaults = new Map<string, ReadonlySet<string>>();

/** The names that a version's own defaults refer to: some of them are old names that still work this way. */
export function referencedByDefaults(version: string): ReadonlySet<string> {
  const known = namesInDefaults.get(version);
  if (known) return known;
  const names = new Set<string>();
  for (const name of parameterNames(version)) {
    const text = defaultOf(name, version) ?? '';
    for (const reference of referencesOf(text, version).references) names.add(reference.name);
  }
  if (namesInDefaults.size > 50) namesInDefaults.clear();
  namesInDefaults.set(version, names);
  return names;
}

/** The programs that deliver mail, with the parameters that Postfix makes for each service of theirs. */
const deliveryPrograms = new Set(['local', 'error', 'virtual', 'smtp', 'lmtp', 'pipe']);

const timeLimitedPrograms = new Set(['pipe', 'spawn']);

/** Whether the version makes the parameter for a service of master.cf; undefined when there is no master.cf to ask. */
export function isMadeForService(name: string, { programs, version }: Scope): boolean | undefined {
  const split = splitPerTransportName(name);
  if (!split || !parameter(name, version)?.perTransport) return false;
  if (!programs) return undefined;
  const wanted = split.parameter.suffix === 'time_limit' ? timeLimitedPrograms : deliveryPrograms;
  return [...(programs.get(split.transport) ?? [])].some((program) => wanted.has(program));
}

function programsOf(services: readonly ServiceSettings[]): Map<string, Set<string>> {
  const programs = new Map<string, Set<string>>();
  for (const { entry, fields } of services) {
    const known = programs.get(entry.name) ?? new Set();
    programs.set(entry.name, known.add(fields[7]?.text ?? ''));
  }
  return programs;
}
