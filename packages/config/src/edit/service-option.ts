import { findService, parseMaster, type MasterCf } from '../syntax/master-cf.ts';
import { argumentsOf, serviceColumns, type ServiceArgument } from '../syntax/service.ts';
import { fieldsOf, insideBraces, type ServiceField, type ServiceType } from '../syntax/service-fields.ts';
import { splitNameAndValue } from '../syntax/logical-line.ts';
import { kindOfLine, linesOf, trimSpace, type Range } from '../syntax/source.ts';
import { ConfigError } from './config-error.ts';
import { writeArgument, writeOption, writeSetting } from './service-argument.ts';
import { lineEnding, replaceEntry } from './splice.ts';

/**
 * Gives one service an `-o name=value`, or with null takes it out. Only the lines of that option change.
 *
 * Of several `-o` with the name the last is edited, the one that counts; null takes out all of them.
 * A new one goes behind the last `-o`, on a line of its own where the others have that.
 *
 * @throws ConfigError `no-such-service`; `bad-name`, `bad-value`; `needs-version` when the value holds
 *   blanks and the version is older than 3.0
 */
export function setServiceOption(
  tree: MasterCf,
  service: { readonly name: string; readonly type: ServiceType },
  option: string,
  value: string | null,
  options: { readonly version?: string } = {},
): MasterCf {
  const entry = findService(tree, service.name, service.type);
  if (!entry) {
    throw new ConfigError(
      'no-such-service',
      `master.cf has no service ${service.name}/${service.type}: add it first, or mind the spelling`,
    );
  }
  const index = tree.entries.lastIndexOf(entry);
  const text = changeOption(entry.text, option, value, lineEnding(tree.entries, index), options);
  if (text === entry.text) return tree;
  return { ...tree, entries: replaceEntry(tree.entries, index, parseMaster(text).entries) };
}

type Option = Extract<ServiceArgument, { type: 'option' }>;

/** The text of an entry with one option changed, added, or (null) taken out. */
export function changeOption(
  text: string,
  name: string,
  value: string | null,
  eol: string,
  { version }: { readonly version?: string },
): string {
  const found = readOptions(text).filter((option) => option.name === name);
  const last = found.at(-1);
  if (value === null)
    return found.toReversed().reduce((rest, option) => cutFields(rest, option.fields), text);
  if (!last) return addOption(text, writeOption({ name, value }, version), eol);
  if (last.value === trimSpace(value)) return text;
  return replaceSetting(text, last.fields, name, value, version);
}

/**
 * The text of an entry with other flags and arguments. Flags that change go behind the command, arguments to
 * where the old ones stood.
 */
export function withArguments(
  text: string,
  wanted: readonly string[],
  eol: string,
  { version }: { readonly version?: string },
): string {
  const firstArgument = wanted.findIndex((word) => !word.startsWith('-') || word === '--');
  const flags = firstArgument < 0 ? wanted : wanted.slice(0, firstArgument);
  const words = firstArgument < 0 ? [] : wanted.slice(firstArgument);
  const withFlags = putWords(text, 'flag', flags, version, (rest, written) => {
    const { end } = fieldsOf({ text: rest })[serviceColumns.length - 1]!.range;
    return `${rest.slice(0, end)} ${written}${rest.slice(end)}`;
  });
  return putWords(withFlags, 'argument', words, version, (rest, written) => addLine(rest, written, eol));
}

function putWords(
  text: string,
  type: 'flag' | 'argument',
  wanted: readonly string[],
  version: string | undefined,
  add: (text: string, written: string) => string,
): string {
  const parts = argumentsOf(fieldsOf({ text })).flatMap((part) => (part.type === type ? [part] : []));
  if (parts.length === wanted.length && parts.every((part, at) => part.text === wanted[at])) return text;
  const written = wanted.map((word) => writeArgument(word, version)).join(' ');
  const [first, ...others] = parts.flatMap((part) => part.fields);
  if (!first) return wanted.length > 0 ? add(text, written) : text;
  if (wanted.length === 0) return cutFields(text, [first, ...others]);
  const rest = cutFields(text, others);
  return rest.slice(0, first.range.start) + written + rest.slice(first.range.end);
}

function readOptions(text: string): Option[] {
  return argumentsOf(fieldsOf({ text })).filter((part): part is Option => part.type === 'option');
}

/** Puts another value into an option's last field and keeps the way it is written. */
function replaceSetting(
  text: string,
  fields: readonly ServiceField[],
  name: string,
  value: string,
  version: string | undefined,
): string {
  const field = fields.at(-1)!;
  const attached = fields.length === 1 ? field.text.slice(0, field.text.indexOf('o', 1) + 1) : '';
  const written =
    attached + keepSpacing(field.text.slice(attached.length), writeSetting(name, value, version));
  return text.slice(0, field.range.start) + written + text.slice(field.range.end);
}

/** `{name=value}` stays as tight as it was, and braces that are there already stay. */
function keepSpacing(old: string, written: string): string {
  if (!old.startsWith('{')) return written;
  const inside = insideBraces(old).text;
  const equals = splitNameAndValue(inside);
  if (!('name' in equals)) return written;
  const open = /^\{\s*/.exec(old)![0];
  const close = /\s*\}$/.exec(old)?.[0] ?? ' }';
  const value = splitNameAndValue(insideBraces(written).text);
  return 'name' in value
    ? `${open}${inside.slice(0, equals.valueRange.start)}${value.value}${close}`
    : written;
}

/** Cuts fields out; a line that says nothing afterwards goes with them, unless the entry begins there. */
function cutFields(text: string, fields: readonly ServiceField[]): string {
  return fields.toReversed().reduce((rest, { range }) => cutField(rest, range), text);
}

function cutField(text: string, { start, end }: Range): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', end);
  const lineEnd = newline < 0 ? text.length : newline + 1;
  const before = text.slice(lineStart, start);
  const after = text.slice(end, lineEnd);
  const line = before + after;
  if (lineStart > 0 && kindOfLine(line, 0, line.length) === 'blank') {
    const rest = text.slice(0, lineStart) + text.slice(lineEnd);
    return newline < 0 ? rest.replace(/\r?\n$/, '') : rest;
  }
  if (after.trim() === '')
    return (
      text.slice(0, lineStart) +
      before.trimEnd() +
      after.trimStart() +
      lineBreakOf(after) +
      text.slice(lineEnd)
    );
  return text.slice(0, start) + after.replace(/^[ \t]+/, '') + text.slice(lineEnd);
}

function lineBreakOf(line: string): string {
  return /\r?\n$/.exec(line)?.[0] ?? '';
}

/** Adds an option behind the last one, or behind the flags that follow the command. */
function addOption(text: string, written: string, eol: string): string {
  const fields = fieldsOf({ text });
  const parts = argumentsOf(fields);
  const anchor =
    parts.findLast(({ type, fields: own }) => type !== 'argument' && own.length > 0)?.fields.at(-1) ??
    fields[serviceColumns.length - 1]!;
  return insertBehind(
    text,
    anchor.range.end,
    written,
    eol,
    parts.some(({ type }) => type === 'option'),
  );
}

/** Adds words behind everything else. */
function addLine(text: string, written: string, eol: string): string {
  return insertBehind(text, fieldsOf({ text }).at(-1)!.range.end, written, eol, true);
}

function insertBehind(text: string, at: number, written: string, eol: string, likeTheLine: boolean): string {
  const newline = text.indexOf('\n', at);
  const restOfLine = text.slice(at, newline < 0 ? text.length : newline);
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const sameLine = likeTheLine ? lineStart === 0 : false;
  // Words that follow on the same line must stay behind what comes.
  if (restOfLine.trim() !== '' || sameLine) return `${text.slice(0, at)} ${written}${text.slice(at)}`;
  const indent = indentAround(text);
  if (newline < 0) return text.slice(0, at) + restOfLine + eol + indent + written;
  return text.slice(0, newline + 1) + indent + written + eol + text.slice(newline + 1);
}

/** The indentation of the entry's continuation lines. */
function indentAround(text: string): string {
  const continued = linesOf({ text })
    .slice(1)
    .find(({ kind }) => kind === 'content');
  return (continued && /^[ \t]+/.exec(continued.text)?.[0]) ?? '  ';
}
