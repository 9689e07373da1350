import { holdsSince, type Version } from '../catalogue/version.ts';
import { tableType, tableTypes } from '../catalogue/table-type.ts';
import { locateWords } from '../edit/list-layout.ts';
import { issuesOfEach, quote, type Issue } from './issue.ts';
import { didYouMean } from './suggestion.ts';

/** Tables in tables that are looked into: `pipemap:{pipemap:{…}}`. */
const DEEPEST = 20;

/** Each word of the text must name a table: `type:name`. @see dict_open.c, maps.c */
export function checkTables(text: string, version: Version): Issue[] {
  return issuesOfEach(locateWords(text), (word) => checkTable(word.text, word.start, version));
}

/** A reference to one table. An unknown type stops the program that opens it. */
export function checkTable(text: string, offset: number, version: Version, depth = 0): Issue[] {
  const range = { start: offset, end: offset + text.length };
  const colon = text.indexOf(':');
  if (colon < 0 || text.startsWith('{')) {
    return [
      {
        code: 'bad-table',
        level: 'error',
        message: `${quote(text)} names no table: the program that opens it stops`,
        advice: 'Write type:name, for example lmdb:/etc/postfix/access.',
        ...range,
      },
    ];
  }
  const type = text.slice(0, colon);
  const info = tableType(type);
  if (!info) {
    const names = tableTypes().map(({ name }) => name);
    return [
      {
        code: 'unknown-table-type',
        level: 'error',
        message: `${quote(type)} is no lookup table type${didYouMean(type, names)}`,
        advice: '"postconf -m" lists the types that a host has.',
        start: offset,
        end: offset + colon,
      },
    ];
  }
  if (!holdsSince(info.since, version)) {
    return [
      {
        code: 'table-type-not-in-version',
        level: 'error',
        message: `tables of type ${type} need Postfix ${info.since}`,
        advice: `Use another type, or Postfix ${info.since} or newer.`,
        ...range,
      },
    ];
  }
  if (info.source !== 'wrapper' || depth === DEEPEST) return [];
  const inner = text.slice(colon + 1);
  if (!/^\{.*\}$/s.test(inner))
    return type === 'proxy' ? checkTable(inner, offset + colon + 1, version, depth + 1) : [];
  const start = offset + colon + 2;
  return issuesOfEach(locateWords(inner.slice(1, -1)), (word) =>
    checkTable(word.text, start + word.start, version, depth + 1),
  );
}
