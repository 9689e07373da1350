import { splitNameAndValue } from './logical-line.ts';
import type { ServiceEntry } from './master-cf.ts';
import { fieldsOf, insideBraces, type ServiceField, type ServiceType } from './service-fields.ts';

/** The meaning of a service entry: master(5)'s eight columns and the arguments. Absent stands for `-`. */
export interface Service {
  readonly name: string;
  readonly type: ServiceType;
  readonly private?: boolean;
  readonly unprivileged?: boolean;
  readonly chroot?: boolean;
  /** Seconds; `ifUsed` is the `?` suffix. */
  readonly wakeup?: { readonly seconds: number; readonly ifUsed: boolean };
  /** Most processes at once; 0 is without limit. */
  readonly maxproc?: number;
  /** Program, relative to daemon_directory. */
  readonly command: string;
  /** Overrides of main.cf, in the order of `-o name=value`. */
  readonly options: readonly ServiceOption[];
  /** What else follows the command, in order, without the `-o` overrides. */
  readonly arguments: readonly string[];
}

/** One `-o name=value`. */
export interface ServiceOption {
  readonly name: string;
  readonly value: string;
}

/** The columns of master.cf before the arguments, in their order. */
export const serviceColumns = [
  'name',
  'type',
  'private',
  'unprivileged',
  'chroot',
  'wakeup',
  'maxproc',
  'command',
] as const;

export type ServiceColumn = (typeof serviceColumns)[number];

/**
 * The meaning of a service entry. A column that master(8) would refuse is read as `-`;
 * `validate` says so.
 */
export function serviceOf(entry: ServiceEntry): Service {
  const fields = fieldsOf(entry);
  const column = (name: ServiceColumn): string => fields[serviceColumns.indexOf(name)]?.text ?? '-';
  const read = argumentsOf(fields);
  const wakeup = /^(\d+)(\??)$/.exec(column('wakeup'));
  return {
    name: entry.name,
    type: entry.serviceType,
    ...flag('private', column('private')),
    ...flag('unprivileged', column('unprivileged')),
    ...flag('chroot', column('chroot')),
    ...(wakeup && { wakeup: { seconds: Number(wakeup[1]), ifUsed: wakeup[2] === '?' } }),
    ...(/^\d+$/.test(column('maxproc')) && { maxproc: Number(column('maxproc')) }),
    command: column('command'),
    options: read.flatMap((part) => (part.type === 'option' ? [{ name: part.name, value: part.value }] : [])),
    arguments: read.flatMap((part) => (part.type === 'option' ? [] : [part.text])),
  };
}

function flag<Name extends string>(name: Name, field: string): { [key in Name]?: boolean } {
  return field === 'y' || field === 'n' ? ({ [name]: field === 'y' } as { [key in Name]: boolean }) : {};
}

/** What stands after the command: an override of main.cf, another option, or an argument of the program. */
export type ServiceArgument =
  | {
      readonly type: 'option';
      readonly name: string;
      readonly value: string;
      readonly fields: readonly ServiceField[];
    }
  | {
      readonly type: 'flag' | 'argument' | 'stray-option';
      readonly text: string;
      readonly fields: readonly ServiceField[];
    };

/**
 * Reads what follows the command.
 *
 *     -v  -o name=value  -oname=value  -o { name = value }  -vo name=value  flags=DRhu { user = x }
 *     flag  option         option          option           flag and option  argument  argument
 *
 * Options end at the first word that does not begin with `-`, or at `--`. An `-o` without a
 * `name=value` is a `stray-option`.
 */
export function argumentsOf(fields: readonly ServiceField[]): ServiceArgument[] {
  const read: ServiceArgument[] = [];
  let at = serviceColumns.length;
  for (; at < fields.length; at++) {
    const field = fields[at]!;
    if (!field.text.startsWith('-') || field.text === '--') break;
    const o = field.text.indexOf('o', 1);
    if (o < 0) {
      read.push({ type: 'flag', text: field.text, fields: [field] });
      continue;
    }
    if (o > 1) read.push({ type: 'flag', text: field.text.slice(0, o), fields: [] });
    const attached = field.text.slice(o + 1);
    const next = attached === '' ? fields[at + 1] : undefined;
    const used = next ? [field, next] : [field];
    if (next) at++;
    const setting = readSetting(attached || next?.text || '');
    if (setting) read.push({ type: 'option', ...setting, fields: used });
    else read.push({ type: 'stray-option', text: used.map(({ text }) => text).join(' '), fields: used });
  }
  for (; at < fields.length; at++) {
    read.push({ type: 'argument', text: insideBraces(fields[at]!.text).text, fields: [fields[at]!] });
  }
  return read;
}

function readSetting(text: string): ServiceOption | undefined {
  const setting = splitNameAndValue(insideBraces(text).text);
  return 'name' in setting ? { name: setting.name, value: setting.value } : undefined;
}
