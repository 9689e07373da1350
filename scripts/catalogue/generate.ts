import type { ParameterSource, RestrictionSource, Source } from './source.ts';

/** The generated files of packages/config/src/catalogue/generated, by name. */
export function generate(source: Source): Record<string, string> {
  const meanings = meaningsOf(source);
  return {
    'parameters.ts': module(
      `/** One parameter a row; \`decodeRow\` in ../parameter.ts says what the columns are. */
export const parameterRows: readonly string[] = [
${source.parameters.map((parameter) => `  ${quote(rowOf(parameter, meanings.get(parameter.name)))},`).join('\n')}
];`,
    ),
    'parameter-values.ts': module(parameterValues(source, meanings)),
    'restrictions.ts': module(
      `/** One restriction a row; \`decodeRow\` in ../restriction.ts says what the columns are. */
export const restrictionRows: readonly string[] = [
${source.restrictions.map((restriction) => `  ${quote(restrictionRow(restriction))},`).join('\n')}
];`,
    ),
    'restriction-names.ts': module(restrictionNames(source.restrictions)),
    'descriptions.ts': module(
      `/** What a parameter does, in one sentence. */
export const descriptions: Readonly<Record<string, string>> = {
${Object.entries(source.descriptions)
  .toSorted(([a], [b]) => (a < b ? -1 : 1))
  .map(([name, text]) => `  ${quote(name)}: ${quote(text)},`)
  .join('\n')}
};`,
    ),
  };
}

interface Meaning {
  readonly kind: string;
  readonly words?: readonly string[];
}

function meaningsOf({ parameters, kinds, enums }: Source): Map<string, Meaning> {
  const meanings = new Map<string, Meaning>();
  const put = (name: string, meaning: Meaning): void => {
    if (!parameters.some((parameter) => parameter.name === name))
      throw new Error(`no parameter ${name} to be ${meaning.kind}`);
    if (meanings.has(name))
      throw new Error(`${name} is both ${meanings.get(name)!.kind} and ${meaning.kind}`);
    meanings.set(name, meaning);
  };
  for (const [kind, names] of Object.entries(kinds)) for (const name of names) put(name, { kind });
  for (const { values, list, parameters: names } of enums) {
    for (const name of names) put(name, { kind: list ? 'enum-list' : 'enum', words: values });
  }
  return meanings;
}

const typeLetters: Readonly<Record<string, string>> = {
  string: 's',
  raw: 'r',
  boolean: 'b',
  'normalized-boolean': 'B',
  integer: 'i',
  'normalized-integer': 'I',
  long: 'l',
  time: 't',
};

function rowOf(parameter: ParameterSource, meaning: Meaning | undefined): string {
  const {
    name,
    type,
    types,
    since,
    until,
    backports = [],
    bounds,
    readers,
    defaults,
    deprecated,
  } = parameter;
  const columns = [
    name,
    historyText(types ?? { [since]: type }, (value) => typeLetters[value]!),
    meaning?.kind ?? '',
    since,
    until ?? '',
    backports.join(' '),
    bounds && (bounds[0] !== 0 || bounds[1] !== 0) ? bounds.join('-') : '',
    readers.join(' '),
    historyText(defaults, (value) => value ?? '?'),
    deprecated ? [deprecated.since, deprecated.replacement].filter(Boolean).join(' ') : '',
    meaning?.words?.join(' ') ?? '',
  ];
  if (columns.some((column) => column.includes('¦')))
    throw new Error(`${name} holds the separator of columns`);
  return columns.join('¦').replace(/¦+$/, '');
}

/** The first value stands without its version: it holds from the start. */
function historyText<T>(history: Readonly<Record<string, T>>, print: (value: T) => string): string {
  return Object.entries(history)
    .map(([version, value], index) => (index === 0 ? print(value) : `${version}=${print(value)}`))
    .join('‖');
}

function restrictionRow({
  name,
  needs,
  argument,
  since,
  until,
  deprecated,
  build,
}: RestrictionSource): string {
  const warns = deprecated ? [deprecated.since, deprecated.replacement].filter(Boolean).join(' ') : '';
  return [name, needs, argument ?? '', since, until ?? '', warns, build ?? ''].join('¦').replace(/¦+$/, '');
}

const valueTypes: Readonly<Record<string, string>> = {
  boolean: 'BooleanValue',
  'normalized-boolean': 'BooleanValue',
  integer: 'IntegerValue',
  'normalized-integer': 'IntegerValue',
  long: 'IntegerValue',
  time: 'DurationValue',
  restrictions: 'RestrictionsValue',
  tables: 'TablesValue',
  table: 'TableReference',
  databases: 'TablesValue',
  protocols: 'ProtocolsValue',
  loglevel: 'LogLevelValue',
  level: 'CompatibilityLevelValue',
  list: 'ListValue',
  networks: 'ListValue',
  domains: 'ListValue',
};

function parameterValues({ parameters }: Source, meanings: ReadonlyMap<string, Meaning>): string {
  const members = parameters.map((parameter) => {
    return `  readonly ${quote(parameter.name)}: ${valueType(parameter, meanings.get(parameter.name))};`;
  });
  const imported = new Set(
    members.flatMap((member) => member.match(/\b\w+Value\b|\bTableReference\b/g) ?? []),
  );
  return `import type { ${[...imported].toSorted().join(', ')} } from '../../types/value.ts';

/** What may be written for each parameter. */
export interface ParameterValues {
${members.join('\n')}
}`;
}

function valueType(parameter: ParameterSource, meaning: Meaning | undefined): string {
  if (!meaning?.words) return valueTypes[meaning?.kind ?? parameter.type] ?? 'string';
  const words = meaning.words.map((word) => word.split('@')[0]!);
  const maybeEmpty = Object.values(parameter.defaults).includes('') ? ["''"] : [];
  const union = [...words.map((word) => quote(word)), ...maybeEmpty].join(' | ');
  if (meaning.kind === 'enum-list') return `EnumListValue<${union}>`;
  const boolean = words.includes('yes') && words.includes('no') ? ' | boolean' : '';
  return `EnumValue<${union}>${boolean}`;
}

function restrictionNames(restrictions: readonly RestrictionSource[]): string {
  const names = (withArgument: boolean): string =>
    restrictions
      .filter(({ argument }) => (argument !== undefined) === withArgument)
      .map(({ name }) => `\n  | ${quote(name)}`)
      .join('');
  return `/** A restriction that stands alone. */
export type PlainRestriction =${names(false)};

/** A restriction that is followed by an argument. */
export type ArgumentRestriction =${names(true)};`;
}

function quote(text: string): string {
  return `'${text
    .replaceAll('\\', '\\\\')
    .replaceAll("'", String.raw`\'`)
    .replaceAll('\n', String.raw`\n`)}'`;
}

function module(text: string): string {
  return `// Generated by scripts/catalogue.ts from packages/config/catalogue. Do not edit.\n${text}\n`;
}
