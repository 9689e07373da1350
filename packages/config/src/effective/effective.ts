import { defaultOf, parameter, parameterNames } from '../catalogue/parameter.ts';
import { createExpander, type Expansion } from '../expand/expand.ts';
import { referencesOf } from '../expand/references.ts';
import type { Problem } from '../problem.ts';
import { layoutOf, type Layout } from '../syntax/layout.ts';
import type { MainCf } from '../syntax/main-cf.ts';
import type { MasterCf } from '../syntax/master-cf.ts';
import type { ServiceType } from '../syntax/service-fields.ts';
import { expansionProblem } from './expansion-problem.ts';
import { hostNames } from './host-names.ts';
import type { Origin } from './origin.ts';
import { mainSettings, serviceSettings, type Setting } from './settings.ts';

export interface EffectiveInput {
  readonly main: MainCf;
  readonly master?: MasterCf;
  /** The service whose `-o` overrides count, as `smtp/inet` or by its two fields. */
  readonly service?: string | { readonly name: string; readonly type: ServiceType };
  /** The Postfix that reads the files, for example `3.7.11`. */
  readonly version: string;
  /** What gethostname(2) says on the host; `myhostname` and `mydomain` follow from it and from what is set. */
  readonly hostname?: string;
  /**
   * Values that the host or its build gives where the files are silent, in place of the catalogue's: what
   * `postconf -d` would print there. Without them a computed value such as `$myhostname` stays as it stands.
   */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** What a configuration amounts to. */
export interface Effective {
  readonly version: string;
  /** The names that the files set (for a service: its overrides, too), in the order of their places. */
  readonly names: readonly string[];
  /** A parameter that the files set or that the version has; undefined for any other name. */
  get(name: string): EffectiveParameter | undefined;
  /** All that the version has or the files set, by name. */
  all(): EffectiveParameter[];
  /** Expands a text as the value of a parameter would be. */
  expand(text: string): Expansion;
  /** The parameters set in the files whose values refer to the name, in order. */
  referrersOf(name: string): readonly string[];
  /** What keeps values from being expanded. */
  readonly problems: readonly Problem[];
}

/** One parameter as Postfix sees it. Plain JSON data. */
export interface EffectiveParameter {
  readonly name: string;
  /** Expanded; as it stands where Postfix does not expand it (raw type), null where it would stop. */
  readonly value: string | null;
  /** As written, continuation lines joined, `$` not expanded. */
  readonly raw: string;
  readonly origin: Origin;
  /** The names that the raw text refers to, in every branch. */
  readonly refersTo: readonly string[];
}

/**
 * Reads a configuration as one version of Postfix does: of several entries the last counts, a service's
 * `-o` comes before main.cf, and where both are silent the version's default holds.
 *
 * @throws ConfigError `bad-version`; `no-such-service` when master has not the service asked for
 */
export function effective(input: EffectiveInput): Effective {
  const { main, master, version } = input;
  const settings = new Map(mainSettings(main).map((setting) => [setting.name, setting]));
  for (const setting of serviceSettings(master, input.service)) settings.set(setting.name, setting);
  const set = createExpander((name) => settings.get(name)?.raw ?? staticDefault(name), version);
  const names = hostNames(input.hostname, (name) => {
    const setting = settings.get(name);
    return setting && (set(setting.raw).value ?? '');
  });
  const expander = createExpander(lookup, version);
  const known = new Map<string, EffectiveParameter>();
  let referrers: ReadonlyMap<string, readonly string[]> | undefined;
  let problems: readonly Problem[] | undefined;

  function lookup(name: string): string | undefined {
    const given = settings.get(name)?.raw ?? names.get(name) ?? staticDefault(name);
    if (given !== undefined) return given;
    // Only the host knows: the reference stays in the value.
    return parameter(name, version) ? `$$${name}` : undefined;
  }

  function staticDefault(name: string): string | undefined {
    return input.defaults?.[name] ?? defaultOf(name, version);
  }

  function get(name: string): EffectiveParameter | undefined {
    const found = known.get(name) ?? read(name, settings.get(name));
    if (found) known.set(name, found);
    return found;
  }

  function read(name: string, setting: Setting | undefined): EffectiveParameter | undefined {
    const info = parameter(name, version);
    const given = setting?.raw ?? names.get(name) ?? staticDefault(name);
    if (given === undefined && !info) return undefined;
    const raw = given ?? `$${name}`;
    const origin = setting?.origin ?? {
      type: given === undefined ? ('host' as const) : ('default' as const),
      version,
    };
    if (info?.type === 'raw') return { name, value: raw, raw, origin, refersTo: [] };
    const value = given === undefined ? raw : (expander(raw).value ?? null);
    return { name, value, raw, origin, refersTo: given === undefined ? [] : namesIn(raw, version) };
  }

  return {
    version,
    names: [...settings.keys()],
    get,
    all: () =>
      [...new Set([...parameterNames(version), ...settings.keys()])]
        .toSorted()
        .flatMap((name) => get(name) ?? []),
    expand: expander,
    referrersOf(name) {
      referrers ??= groupReferrers([...settings.keys()].map((from) => get(from)!));
      return referrers.get(name) ?? [];
    },
    get problems() {
      problems ??= findProblems();
      return problems;
    },
  };

  function findProblems(): Problem[] {
    const layouts = { main: layoutOf(main), master: master && layoutOf(master) };
    const layoutFor = ({ origin }: Setting): Layout =>
      (origin.type === 'service' && layouts.master) || layouts.main;
    const found = new Map<string, Problem>();
    for (const setting of settings.values()) {
      if (!setting.raw.includes('$') || parameter(setting.name, version)?.type === 'raw') continue;
      const { problems: faults, value } = expander(setting.raw);
      faults.forEach((fault, at) => {
        const level = value === undefined && at === faults.length - 1 ? 'error' : 'warning';
        const problem = expansionProblem(fault, level, setting, (name) => settings.get(name), layoutFor);
        // One fault spoils every parameter that refers to it: it is told once.
        if (problem) found.set(`${problem.file}:${problem.range.start}:${problem.code}`, problem);
      });
    }
    return [...found.values()];
  }
}

function namesIn(raw: string, version: string): string[] {
  return [...new Set(referencesOf(raw, version).references.map(({ name }) => name))];
}

function groupReferrers(parameters: readonly EffectiveParameter[]): Map<string, string[]> {
  const referrers = new Map<string, string[]>();
  for (const { name, refersTo } of parameters) {
    for (const to of refersTo) {
      const others = referrers.get(to);
      if (others) others.push(name);
      else referrers.set(to, [name]);
    }
  }
  return referrers;
}
