import type { Difference, ParameterInfo, Problem } from '@postern/config';
import type { OpenConfiguration } from '../config-files.ts';
import { paint, type Io } from '../io.ts';

const colors = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** Problems with the line, a caret and what to do, and their number at the end. */
export async function printProblems(
  io: Io,
  problems: readonly Problem[],
  files: OpenConfiguration,
  version: string,
): Promise<void> {
  const { frame } = await import('@postern/config');
  for (const problem of problems) {
    const [head = '', ...rest] = frame(files.texts[problem.file] ?? '', problem).split('\n');
    io.out(`${paint(io, colors[problem.level], head)}\n${rest.join('\n')}\n\n`);
  }
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  io.out(`${count} in ${files.directory} for Postfix ${version}\n`);
}

/** One difference in a line: `- name = before` and `+ name = after`. */
export function describeDifference(io: Io, difference: Difference): string {
  const name =
    difference.type === 'parameter'
      ? difference.name
      : difference.type === 'service'
        ? difference.service
        : `${difference.service}/${difference.type === 'arguments' ? 'arguments' : difference.type === 'column' ? difference.column : difference.name}`;
  const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return [
    ...('before' in difference ? [paint(io, 'red', `- ${name} = ${show(difference.before)}`)] : []),
    ...('after' in difference ? [paint(io, 'green', `+ ${name} = ${show(difference.after)}`)] : []),
  ].join('  ');
}

/** What is known about a parameter, and where the files set it; undefined for a name that Postfix never had. */
export async function explainParameter(
  name: string,
  version: string,
  files: OpenConfiguration | undefined,
): Promise<{ readonly data: unknown; readonly text: string } | undefined> {
  const { effective, parameter, printOrigin, serviceParameters } = await import('@postern/config');
  const { describeParameter } = await import('@postern/config/descriptions');
  const info = parameter(name);
  const values = files && effective({ ...files, version });
  const here = values?.get(name);
  if (!info && !here) return undefined;
  const description = describeParameter(name);
  const overrides = files?.master
    ? serviceParameters(files.master).filter((override) => override.name === name)
    : [];
  const known = info && parameter(name, version) !== undefined;
  const lines = [
    name,
    ...(description === undefined ? [] : [`  ${description}`]),
    '',
    ...(info ? describeInfo(info) : ['  not a parameter of Postfix: the files define it for themselves']),
    ...(info && !known ? [`  Postfix ${version} does not have it`] : []),
    ...(here ? [`  here: ${here.raw}  (${printOrigin(here.origin)})`] : []),
    ...(here && here.value !== null && here.value !== here.raw ? [`  which is: ${here.value}`] : []),
    ...overrides.map(({ service, value }) => `  for ${service}: ${value}`),
    ...(values && values.referrersOf(name).length > 0
      ? [`  used by: ${values.referrersOf(name).join(', ')}`]
      : []),
  ];
  return {
    data: {
      name,
      description,
      info,
      version,
      known: known ?? false,
      here,
      overrides,
      usedBy: values?.referrersOf(name) ?? [],
    },
    text: `${lines.join('\n')}\n`,
  };
}

function describeInfo(info: ParameterInfo): string[] {
  const { min, max } = info.bounds ?? {};
  const bounds = min === undefined && max === undefined ? '' : `, from ${min ?? 'any'} to ${max ?? 'any'}`;
  return [
    `  type: ${info.type === info.kind ? info.type : `${info.kind} (${info.type})`}${bounds}`,
    ...(info.values ? [`  words: ${info.values.map(({ word }) => word).join(', ')}`] : []),
    ...info.defaults.map(
      ({ since, value }) =>
        `  default since ${since}: ${value === undefined ? 'computed on the host' : value || '(empty)'}`,
    ),
    `  since ${info.since}${info.until === undefined ? '' : `, until ${info.until}`}${info.backports.length > 0 ? `, and in ${info.backports.join(', ')}` : ''}`,
    ...(info.deprecated
      ? [
          `  deprecated since ${info.deprecated.since}: ${info.deprecated.replacement === undefined ? 'leave it at its default' : `use ${info.deprecated.replacement}`}`,
        ]
      : []),
    `  read by: ${info.readers.join(', ')}`,
  ];
}
