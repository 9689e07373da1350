import { logicalLine, splitNameAndValue } from '../syntax/logical-line.ts';
import { valueOf, type MainCf, type ParameterEntry } from '../syntax/main-cf.ts';
import type { MasterCf, ServiceEntry } from '../syntax/master-cf.ts';
import { argumentsOf, type ServiceArgument } from '../syntax/service.ts';
import { fieldsOf, type ServiceField } from '../syntax/service-fields.ts';
import type { Range } from '../syntax/source.ts';

/** One `name = value` of main.cf, or one `-o name=value` of a service. */
export interface Setting {
  readonly name: string;
  readonly value: string;
  readonly entry: ParameterEntry | ServiceEntry;
  /** The service that it belongs to; undefined in main.cf. */
  readonly service: ServiceSettings | undefined;
  /** Where the name stands in the entry's text. */
  nameRange(): Range;
  /** Where a stretch of the value, or all of it, stands in the entry's text. */
  valueRange(start?: number, end?: number): Range;
}

/** A service of master.cf with its overrides. */
export interface ServiceSettings {
  readonly entry: ServiceEntry;
  readonly fields: readonly ServiceField[];
  readonly settings: readonly Setting[];
  /** The override that counts for each name: the last. */
  readonly overrides: ReadonlyMap<string, Setting>;
}

export function mainSettings(main: MainCf): Setting[] {
  return main.entries.filter((entry) => entry.type === 'parameter').map((entry) => readParameter(entry));
}

function readParameter(entry: ParameterEntry): Setting {
  let stretch: ((start: number, end: number | undefined) => Range) | undefined;
  return {
    name: entry.name,
    value: valueOf(entry),
    entry,
    service: undefined,
    nameRange: () => {
      const start = entry.text.indexOf(entry.name);
      return { start, end: start + entry.name.length };
    },
    valueRange: (start = 0, end) => {
      stretch ??= valueStretches(entry);
      return stretch(start, end);
    },
  };
}

/** Continuation lines stand between the characters of a value: each end is looked up for itself. */
function valueStretches(entry: ParameterEntry): (start: number, end: number | undefined) => Range {
  const line = logicalLine(entry.text);
  const split = splitNameAndValue(line.text);
  if ('missing' in split) return () => ({ start: 0, end: entry.text.length });
  const from = split.valueRange.start;
  return (start, end) => {
    const to = end === undefined ? split.valueRange.end : from + end;
    if (to <= from + start) return { start: line.offsetOf(from), end: line.offsetOf(from) };
    return { start: line.offsetOf(from + start), end: line.offsetOf(to - 1) + 1 };
  };
}

export function serviceSettings(master: MasterCf): ServiceSettings[] {
  return master.entries.filter((entry) => entry.type === 'service').map((entry) => readService(entry));
}

function readService(entry: ServiceEntry): ServiceSettings {
  const fields = fieldsOf(entry);
  const settings: Setting[] = [];
  const overrides = new Map<string, Setting>();
  const service = { entry, fields, settings, overrides };
  for (const part of argumentsOf(fields)) {
    if (part.type !== 'option') continue;
    const setting = readOption(service, part);
    settings.push(setting);
    overrides.set(setting.name, setting);
  }
  return service;
}

function readOption(
  service: ServiceSettings,
  { name, value, fields }: Extract<ServiceArgument, { type: 'option' }>,
): Setting {
  const { range, text } = fields.at(-1)!;
  // Where the field is spread over lines, its characters are not all there to be counted.
  const whole = range.end - range.start !== text.length;
  const stretch = (start: number, end: number): Range =>
    whole ? range : { start: range.start + start, end: range.start + end };
  const nameStart = text.indexOf(name);
  const valueStart = value === '' ? text.length : text.indexOf(value, text.indexOf('=', nameStart) + 1);
  return {
    name,
    value,
    entry: service.entry,
    service,
    nameRange: () => stretch(nameStart, nameStart + name.length),
    valueRange: (start = 0, end = value.length) => stretch(valueStart + start, valueStart + end),
  };
}

/** How messages name a service. */
export function serviceName({ entry }: Pick<ServiceSettings, 'entry'>): string {
  return `${entry.name}/${entry.serviceType}`;
}
