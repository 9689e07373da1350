import { logicalLine, splitNameAndValue } from '../syntax/logical-line.ts';
import {
  findParameter,
  parseMain,
  valueOf,
  type MainCf,
  type MainEntry,
  type ParameterEntry,
} from '../syntax/main-cf.ts';
import { isSpace, linesOf, trimSpace, type Range } from '../syntax/source.ts';
import { userDefined, type ParameterName, type ParameterValue } from '../types/name.ts';
import type { AnyValue } from '../types/value.ts';
import { printValue } from '../types/print.ts';
import { ConfigError } from './config-error.ts';
import { isList } from './list-kind.ts';
import { locateItems, locateWords, relayList, wordsOf } from './list-layout.ts';
import { insertEntry, lineEnding, replaceEntry } from './splice.ts';

/**
 * The value that may be written for a name: of a name known when the program is written the parameter's own
 * type, of a name that comes from data text or the items of a list. A misspelt name allows no value.
 */
export type SettableValue<Name extends string> = string extends Name
  ? string | readonly string[]
  : Name extends ParameterName
    ? ParameterValue<Name>
    : `${Name} is no parameter of Postfix: mind the spelling, or use userDefined()`;

/**
 * Gives a parameter a value. Pure: the result shares every entry but the one that changes.
 *
 * Of several entries with the name the last is edited, the one that Postfix reads. Its spacing, its
 * comments, its line ends and, when it spans lines, the layout of its list stay. A new parameter goes
 * behind the last one that begins with the same words, or else to the end of the file.
 *
 * @param name  `userDefined('name')` for one that Postfix does not know
 * @param value  of the parameter's own type, or text as it would be written after the `=`. Line breaks
 *   in text are kept; a continuation line without indentation gets one.
 * @throws ConfigError `bad-name` or `bad-value` when no line can express it
 */
export function setParameter<const Name extends string>(
  tree: MainCf,
  name: Name,
  value: SettableValue<Name>,
): MainCf {
  return setText(tree, name, textOf(name, value));
}

function textOf(name: string, value: unknown): string | readonly string[] {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  const text = printValue(userDefined(name), value as AnyValue);
  return Array.isArray(value) ? locateItems(text).map((item) => item.text) : text;
}

function setText(tree: MainCf, name: string, value: string | readonly string[]): MainCf {
  assertWritableName(name);
  const text = trimSpace(typeof value === 'string' ? value : value.join(', '));
  assertWritableValue(name, typeof value === 'string' ? value : text);
  const entry = findParameter(tree, name);
  if (!entry) return addParameter(tree, name, value);
  if (valueOf(entry) === text) return tree;
  const index = tree.entries.lastIndexOf(entry);
  const eol = lineEnding(tree.entries, index);
  const laidOut = isLaidOut(entry, value) ? withElements(entry, value, eol) : undefined;
  const changed = laidOut ?? withValue(entry, indented(typeof value === 'string' ? value : text, eol));
  return {
    ...tree,
    entries: replaceEntry(tree.entries, index, parseMain(likeBefore(changed, entry.text, eol)).entries),
  };
}

/**
 * Takes a parameter out, each time that it occurs, so that its default holds. Comments and blank lines
 * between its lines stay where they were.
 */
export function removeParameter(tree: MainCf, name: string): MainCf {
  let entries = tree.entries;
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index]!;
    if (entry.type === 'parameter' && entry.name === name) {
      entries = replaceEntry(entries, index, parseMain(silentLines(entry.text)).entries);
    }
  }
  return entries === tree.entries ? tree : { ...tree, entries };
}

/** The text with or without a final newline, as it was before. */
function likeBefore(text: string, before: string, eol: string): string {
  if (before.endsWith('\n')) return text.endsWith('\n') ? text : text + eol;
  return text.replace(/\r?\n$/, '');
}

function silentLines(text: string): string {
  return linesOf({ text })
    .filter(({ kind }) => kind !== 'content')
    .map((line) => line.text)
    .join('');
}

function addParameter(tree: MainCf, name: string, value: string | readonly string[]): MainCf {
  const index = placeFor(tree.entries, name);
  const eol = lineEnding(tree.entries, index);
  const text = `${name} =${typeof value === 'string' ? withSpace(indented(value, eol)) : newList(value, name, eol)}`;
  return { ...tree, entries: insertEntry<MainEntry>(tree.entries, index, parseOne(text)) };
}

function parseOne(text: string): MainEntry {
  return parseMain(text).entries[0]!;
}

/** A list that a person would not want on one line gets a line for each element. */
function newList(elements: readonly string[], name: string, eol: string): string {
  const line = elements.join(', ');
  if (name.length + line.length <= 76 || elements.length < 2) return withSpace(line);
  return elements.map((element) => `${eol}    ${element}`).join(',');
}

function withSpace(value: string): string {
  return value === '' || value.startsWith('\n') || value.startsWith('\r') ? value : ` ${value}`;
}

/** Behind the last parameter that shares the most leading words with the name, or else at the end. */
function placeFor(entries: readonly MainEntry[], name: string): number {
  const words = name.split('_');
  let best = { shared: 0, index: entries.length - 1 };
  entries.forEach((entry, index) => {
    if (entry.type !== 'parameter') return;
    const shared = sharedWords(entry.name, words);
    if (shared > 0 && shared >= best.shared) best = { shared, index };
  });
  return best.index;
}

function sharedWords(name: string, words: readonly string[]): number {
  const others = name.split('_');
  let shared = 0;
  while (shared < words.length && words[shared] === others[shared]) shared++;
  return shared;
}

/** Text replaces what is there, unless the entry spans lines and its parameter is, or may be, a list. */
function isLaidOut(entry: ParameterEntry, value: string | readonly string[]): boolean {
  if (typeof value !== 'string') return true;
  if (value.includes('\n') || isList(entry.name) === false) return false;
  return linesOf(entry).filter(({ kind }) => kind === 'content').length > 1;
}

/** The entry's text with other elements in the same layout; undefined when they would not be read back. */
function withElements(
  entry: ParameterEntry,
  value: string | readonly string[],
  eol: string,
): string | undefined {
  const line = logicalLine(entry.text);
  const split = splitNameAndValue(line.text);
  if ('missing' in split) return undefined;
  const place = ({ start, end }: Range): Range => ({
    start: line.offsetOf(split.valueRange.start + start),
    end: line.offsetOf(split.valueRange.start + end - 1) + 1,
  });
  const items = locateItems(split.value).map(place);
  const knowsItems = typeof value !== 'string' || value.includes(',');
  // Item by item is how a person reads a list; word by word is the way where an item spans lines.
  const byItems =
    knowsItems &&
    split.value.includes(',') &&
    items.every(({ start, end }) => !entry.text.slice(start, end).includes('\n'));
  const placed = byItems ? items : locateWords(split.value).map(place);
  if (placed.length === 0) return undefined;
  const layout = {
    elements: placed.map(({ start, end }) => entry.text.slice(start, end)),
    gaps: [
      entry.text.slice(0, placed[0]!.start),
      ...placed.map(({ end }, at) => entry.text.slice(end, placed[at + 1]?.start ?? entry.text.length)),
    ],
  };
  const list = typeof value === 'string' ? locateItems(value).map(({ text }) => text) : value;
  const wanted = byItems
    ? list.map((text) => ({ text, joined: false }))
    : list.flatMap((item) => wordsOf(item).map((text, at) => ({ text, joined: at > 0 && knowsItems })));
  const text = relayList(layout, wanted, eol);
  const [read] = parseMain(text).entries;
  return read?.type === 'parameter' && sameWords(valueOf(read), list.join(' ')) ? text : undefined;
}

function sameWords(value: string, other: string): boolean {
  const [words, others] = [wordsOf(value), wordsOf(other)];
  return words.length === others.length && words.every((word, at) => word === others[at]);
}

/** The entry's text with another value where the old one began; comments and blank lines stay below it. */
function withValue(entry: ParameterEntry, value: string): string {
  const { text } = entry;
  const line = logicalLine(text);
  const split = splitNameAndValue(line.text);
  if ('missing' in split) return text;
  const equals = text.indexOf('=', line.offsetOf(split.nameRange.end - 1)) + 1;
  const begin = split.value === '' ? equals : line.offsetOf(split.valueRange.start);
  // A value that begins with # would be a comment on a line of its own.
  const ownLine = text.slice(equals, begin).includes('\n') && !value.startsWith('#');
  const start = ownLine ? begin : Math.min(begin, skipBlanks(text, equals));
  const head = text.slice(0, start);
  const newline = text.indexOf('\n', start);
  const ending = newline < 0 ? '' : /\r?\n$/.exec(text.slice(start, newline + 1))![0];
  const below = newline < 0 ? '' : silentLines(text.slice(newline + 1));
  if (value === '' || (!ownLine && /^\r?\n/.test(value))) return head.trimEnd() + value + ending + below;
  const space = /\s=$/.test(head) ? ' ' : '';
  return head + space + (ownLine ? trimSpace(value) : value) + ending + below;
}

function skipBlanks(text: string, start: number): number {
  return start + /^[ \t]*/.exec(text.slice(start, start + 256))![0].length;
}

/**
 * The value with the file's line ends and with each of its further lines indented. A line break at its
 * start stays: the value then begins below the name.
 */
function indented(value: string, eol: string): string {
  const lines = trimSpace(value)
    .split(/\r?\n/)
    .map((line) => (isSpace(line.charCodeAt(0)) ? line : `    ${line}`));
  const text = lines.join(eol);
  return beginsBelow(value) ? eol + text : text.slice(4);
}

function beginsBelow(value: string): boolean {
  return /^[ \t]*\r?\n[^]*[^ \t\n\v\f\r]/.test(value);
}

function assertWritableName(name: string): void {
  if (/^[^ \t\n\v\f\r=#\0][^ \t\n\v\f\r=\0]*$/.test(name)) return;
  throw new ConfigError(
    'bad-name',
    `${JSON.stringify(name)} cannot be a parameter's name: use one word without "=" that does not begin with "#"`,
  );
}

function assertWritableValue(name: string, value: string): void {
  if (value.includes('\0')) {
    throw new ConfigError(
      'bad-value',
      `the value for ${name} holds a NUL byte, and Postfix would stop reading there`,
    );
  }
  const lines = trimSpace(value).split('\n');
  const continued = beginsBelow(value) ? lines : lines.slice(1);
  const silent = continued.find((line) => /^[ \t\v\f\r]*(#|$)/.test(line));
  if (silent === undefined) return;
  throw new ConfigError(
    'bad-value',
    `Postfix would skip the line ${JSON.stringify(silent)} of the value for ${name}: leave it out, or join it to the line above`,
  );
}
