/** The hand-kept half of the catalogue, as packages/config/catalogue/*.json holds it. */
export interface Source {
  readonly parameters: readonly ParameterSource[];
  /** Kind of meaning → the parameters that have it. */
  readonly kinds: Readonly<Record<string, readonly string[]>>;
  readonly enums: readonly {
    readonly values: readonly string[];
    readonly list: boolean;
    readonly parameters: readonly string[];
  }[];
  readonly restrictions: readonly RestrictionSource[];
  readonly descriptions: Readonly<Record<string, string>>;
}

export interface ParameterSource {
  readonly name: string;
  readonly type: string;
  /** Only where the type changed. */
  readonly types?: Readonly<Record<string, string>>;
  readonly since: string;
  readonly until?: string | null;
  readonly backports?: readonly string[];
  /** Least and greatest value; 0 is no bound, as in Postfix's own tables. */
  readonly bounds?: readonly [number, number];
  readonly readers: readonly string[];
  /** null stands for a default that each host or process computes. */
  readonly defaults: Readonly<Record<string, string | null>>;
  readonly deprecated?: { readonly since: string; readonly replacement?: string };
}

export interface RestrictionSource {
  readonly name: string;
  /** What must be known before the restriction can say anything. */
  readonly needs: string;
  readonly argument?: string;
  readonly since: string;
  readonly until?: string;
  readonly deprecated?: { readonly since: string; readonly replacement?: string };
  /** A compile-time switch without which no program has it. */
  readonly build?: string;
}

/** A correction of what the survey says, with the reason. */
type Correction = Partial<ParameterSource> & { readonly name: string; readonly because: string };

export function applyCorrections(
  parameters: readonly ParameterSource[],
  corrections: readonly Correction[],
): ParameterSource[] {
  const left = new Map(corrections.map((correction) => [correction.name, correction]));
  const corrected = parameters.map((parameter) => {
    const correction = left.get(parameter.name);
    left.delete(parameter.name);
    return correction ? { ...parameter, ...correction } : parameter;
  });
  if (left.size > 0)
    throw new Error(`corrections of parameters that are not there: ${[...left.keys()].join(', ')}`);
  return corrected;
}

/** A survey of the parameters in the source tree of each release. */
interface Survey {
  readonly versions: Readonly<Record<string, string>>;
  readonly parameters: readonly SurveyedParameter[];
  readonly documented_only: readonly { readonly name: string }[];
  readonly deprecation_table: Readonly<
    Record<string, { readonly warns_since: string; readonly advice: string }>
  >;
}

interface SurveyedParameter {
  readonly name: string;
  readonly type: string;
  readonly types?: Readonly<Record<string, string>>;
  readonly first_seen: string;
  readonly last_seen: string | null;
  readonly backported?: Readonly<Record<string, string>>;
  readonly bounds?: readonly [string, string];
  readonly readers: readonly string[];
  readonly defaults: Readonly<Record<string, string>>;
  readonly deprecated?: { readonly warns_since: string; readonly advice: string };
}

/** Parameters that Postfix reads outside its tables: where they come from is in postconf(5). */
const outsideTheTables: readonly ParameterSource[] = [
  {
    name: 'config_directory',
    type: 'string',
    since: '2.0',
    readers: ['global'],
    defaults: { '2.0': '/etc/postfix' },
  },
  { name: 'debugger_command', type: 'string', since: '2.0', readers: ['global'], defaults: { '2.0': '' } },
  { name: 'process_id', type: 'string', since: '2.0', readers: ['global'], defaults: { '2.0': null } },
  { name: 'process_name', type: 'string', since: '2.0', readers: ['global'], defaults: { '2.0': null } },
  {
    name: 'virtual_maps',
    type: 'string',
    since: '2.0',
    until: '2.0',
    readers: ['cleanup'],
    defaults: { '2.0': '' },
    deprecated: { since: '3.11', replacement: 'virtual_alias_maps' },
  },
];

export function readSurvey(survey: Survey): ParameterSource[] {
  const releases = Object.keys(survey.versions).toSorted(compareReleaseNames);
  const read = survey.parameters.map((parameter): ParameterSource => {
    const { first_seen, last_seen, backported, bounds, deprecated } = parameter;
    return {
      name: parameter.name,
      type: parameter.type,
      ...(parameter.types && { types: parameter.types }),
      // A back-port shows up in an older tree; the parameter itself came with the series after the last of them.
      ...(backported
        ? { backports: Object.values(backported), since: seriesAfter(Object.keys(backported), releases) }
        : { since: first_seen.replace('<=', '') }),
      ...(last_seen && { until: last_seen }),
      ...(bounds && { bounds: [Number(bounds[0]), Number(bounds[1])] as const }),
      readers: parameter.readers,
      defaults: Object.fromEntries(
        Object.entries(parameter.defaults).map(([release, value]) => [
          release,
          value.startsWith('<computed:') ? null : value,
        ]),
      ),
      ...(deprecated && { deprecated: readDeprecation(deprecated) }),
    };
  });
  return [...read, ...outsideTheTables].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readDeprecation({ warns_since, advice }: { warns_since: string; advice: string }): {
  since: string;
  replacement?: string;
} {
  const replacement = /"(\w+)"/.exec(advice)?.[1] ?? /^\w+_\w+$/.exec(advice)?.[0];
  return replacement ? { since: warns_since, replacement } : { since: warns_since };
}

function seriesAfter(series: readonly string[], releases: readonly string[]): string {
  const last = series.toSorted(compareReleaseNames).at(-1)!;
  return releases[releases.indexOf(last) + 1]!;
}

function compareReleaseNames(a: string, b: string): number {
  const [left = [], right = []] = [a, b].map((name) => name.split('.').map(Number));
  return left[0]! - right[0]! || left[1]! - right[1]!;
}

/** One parameter a line, so that a difference reads well. */
export function printParameters(parameters: readonly ParameterSource[]): string {
  return `[\n${parameters.map((parameter) => `  ${JSON.stringify(parameter)}`).join(',\n')}\n]\n`;
}
