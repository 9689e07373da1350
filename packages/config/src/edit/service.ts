import {
  findService,
  parseMaster,
  type MasterCf,
  type MasterEntry,
  type ServiceEntry,
} from '../syntax/master-cf.ts';
import { serviceColumns, serviceOf, type Service, type ServiceColumn } from '../syntax/service.ts';
import { fieldsOf, type ServiceType } from '../syntax/service-fields.ts';
import { linesOf } from '../syntax/source.ts';
import { ConfigError } from './config-error.ts';
import { replaceField } from './column.ts';
import { writeArgument, writeOption } from './service-argument.ts';
import { changeOption, withArguments } from './service-option.ts';
import { insertEntry, lineEnding, replaceEntry } from './splice.ts';

/** What an edit of master.cf may take for granted. */
export interface ServiceEditOptions {
  /** The Postfix version that will read the file; `{ name = value }` needs 3.0. Default: new enough. */
  readonly version?: string;
}

/**
 * Makes a service be as given: adds it, or changes in its entry what differs. Columns stay aligned,
 * comments and untouched options stay as they stand. A new service goes to the end of the file.
 *
 * @throws ConfigError `bad-name`, `bad-value` or `needs-version` when no line can express it
 */
export function putService(tree: MasterCf, service: Service, options: ServiceEditOptions = {}): MasterCf {
  const columns = columnsOf(service);
  const entry = findService(tree, service.name, service.type);
  if (!entry) return addService(tree, service, columns, options);
  const index = tree.entries.lastIndexOf(entry);
  const eol = lineEnding(tree.entries, index);
  const changed = withColumns(entry.text, columns);
  const text = withArguments(
    withOptions({ ...entry, text: changed }, service, eol, options),
    service.arguments,
    eol,
    options,
  );
  if (text === entry.text) return tree;
  return { ...tree, entries: replaceEntry(tree.entries, index, parseMaster(text).entries) };
}

/** Takes out a service, each time that it occurs. Comments between its lines stay where they were. */
export function removeService(tree: MasterCf, name: string, type: ServiceType): MasterCf {
  let entries = tree.entries;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index]!;
    if (entry.type === 'service' && entry.name === name && entry.serviceType === type) {
      const silent = linesOf(entry).filter(({ kind }) => kind !== 'content');
      entries = replaceEntry(entries, index, parseMaster(silent.map(({ text }) => text).join('')).entries);
    }
  }
  return entries === tree.entries ? tree : { ...tree, entries };
}

function addService(
  tree: MasterCf,
  service: Service,
  columns: ReadonlyMap<ServiceColumn, string>,
  options: ServiceEditOptions,
): MasterCf {
  const index = tree.entries.length - 1;
  const eol = lineEnding(tree.entries, index);
  const indent = indentOf(tree.entries);
  const head = [...columns].reduce(
    (line, [, text], at) => (at === 0 ? text : `${line.padEnd(columnStarts[at]! - 1)} ${text}`),
    '',
  );
  const lines = [
    head,
    ...service.options.map((option) => indent + writeOption(option, options.version)),
    ...(service.arguments.length > 0
      ? [indent + service.arguments.map((text) => writeArgument(text, options.version)).join(' ')]
      : []),
  ];
  const [entry] = parseMaster(lines.join(eol)).entries;
  return { ...tree, entries: insertEntry<MasterEntry>(tree.entries, index, entry!) };
}

/** Where the columns of the master.cf that Postfix ships begin. */
const columnStarts = [0, 10, 16, 24, 32, 40, 48, 56] as const;

/** The indentation that most continuation lines of the file have. */
function indentOf(entries: readonly MasterEntry[]): string {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    if (entry.type !== 'service') continue;
    for (const { text, kind } of linesOf(entry).slice(1)) {
      const indent = kind === 'content' ? /^[ \t]+/.exec(text)?.[0] : undefined;
      if (indent !== undefined) counts.set(indent, (counts.get(indent) ?? 0) + 1);
    }
  }
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? '  ';
}

function columnsOf(service: Service): Map<ServiceColumn, string> {
  const word = (column: ServiceColumn, text: string): string => {
    if (/^[^\s{}\0]+$/.test(text) && !(column === 'name' && text.startsWith('#'))) return text;
    throw new ConfigError(
      'bad-name',
      `${JSON.stringify(text)} cannot be the ${column} of a service: use one word`,
    );
  };
  const flag = (value: boolean | undefined): string => (value === undefined ? '-' : value ? 'y' : 'n');
  return new Map<ServiceColumn, string>([
    ['name', word('name', service.name)],
    ['type', service.type],
    ['private', flag(service.private)],
    ['unprivileged', flag(service.unprivileged)],
    ['chroot', flag(service.chroot)],
    ['wakeup', service.wakeup ? `${service.wakeup.seconds}${service.wakeup.ifUsed ? '?' : ''}` : '-'],
    ['maxproc', service.maxproc === undefined ? '-' : String(service.maxproc)],
    ['command', word('command', service.command)],
  ]);
}

function withColumns(text: string, columns: ReadonlyMap<ServiceColumn, string>): string {
  return serviceColumns.reduceRight((changed, column, at) => {
    const field = fieldsOf({ text: changed })[at]!;
    const wanted = columns.get(column)!;
    return field.text === wanted ? changed : replaceField(changed, field.range, wanted);
  }, text);
}

/** Changes each option whose value differs, takes out what is not wanted, adds what is missing. */
function withOptions(
  entry: ServiceEntry,
  service: Service,
  eol: string,
  options: ServiceEditOptions,
): string {
  const wanted = new Map(service.options.map(({ name, value }) => [name, value]));
  const unwanted = serviceOf(entry).options.filter(({ name }) => !wanted.has(name));
  let text = entry.text;
  for (const { name } of unwanted) text = changeOption(text, name, null, eol, options);
  for (const [name, value] of wanted) text = changeOption(text, name, value, eol, options);
  return text;
}
