import type { Range, SpfProblem } from './problem.ts';
import { parseTerm, type SpfTerm } from './term.ts';

/**
 * One SPF record: everything in it, in order, so that printing gives the same text back.
 *
 *     v=spf1 mx a ip4:88.99.100.10 -all␠
 *     ^^^^^^ version                   ^ trailing
 *           ^^^ a term with the space before it
 */
export interface SpfRecord {
  readonly type: 'spf-record';
  /** `v=spf1` as it is written; empty where the text does not begin with it. */
  readonly version: string;
  readonly terms: readonly SpfTerm[];
  /** Spaces after the last term. */
  readonly trailing: string;
  readonly range: Range;
  /** A record with problems is a permerror for every client (RFC 7208 section 4.6). */
  readonly problems: readonly SpfProblem[];
}

/**
 * Reads an SPF record. Never throws: what cannot be read becomes an `invalid` term with a problem,
 * and `printSpf(parseSpf(text)) === text` for every string.
 */
export function parseSpf(text: string): SpfRecord {
  const version = isSpf(text) ? text.slice(0, 6) : '';
  const terms: SpfTerm[] = [];
  const problems: SpfProblem[] = [];
  if (version === '') problems.push(noVersion(text));

  let position = version.length;
  let trailing = '';
  while (position < text.length) {
    let start = position;
    while (text.charCodeAt(start) === 0x20) start++;
    if (start === text.length) {
      trailing = text.slice(position);
      break;
    }
    const space = text.indexOf(' ', start);
    const end = space < 0 ? text.length : space;
    const parsed = parseTerm(text.slice(start, end), text.slice(position, start), start);
    terms.push(parsed.term);
    problems.push(...parsed.problems);
    position = end;
  }
  problems.push(...repeatedModifiers(terms));
  return { type: 'spf-record', version, terms, trailing, range: { start: 0, end: text.length }, problems };
}

/** Writes the record as its parts stand; the counterpart of {@link parseSpf}. */
export function printSpf(record: SpfRecord): string {
  let text = record.version;
  for (const term of record.terms) text += term.before + term.text;
  return text + record.trailing;
}

/** Whether a TXT record is an SPF record: `v=spf1` in any case, then a space or the end (RFC 7208 section 4.5). */
export function isSpf(text: string): boolean {
  return (
    text.length >= 6 &&
    (text.charCodeAt(0) | 0x20) === 0x76 &&
    text.charCodeAt(1) === 0x3d &&
    (text.charCodeAt(2) | 0x20) === 0x73 &&
    (text.charCodeAt(3) | 0x20) === 0x70 &&
    (text.charCodeAt(4) | 0x20) === 0x66 &&
    text.charCodeAt(5) === 0x31 &&
    (text.length === 6 || text.charCodeAt(6) === 0x20)
  );
}

function noVersion(text: string): SpfProblem {
  const space = text.indexOf(' ');
  return {
    code: 'no-version',
    range: { start: 0, end: space < 0 ? text.length : space },
    message: 'the text does not begin with "v=spf1" and a space, so nobody takes it for an SPF record',
    advice: 'Begin the record with "v=spf1 ", with nothing before it.',
  };
}

function repeatedModifiers(terms: readonly SpfTerm[]): SpfProblem[] {
  const seen = new Set<string>();
  const problems: SpfProblem[] = [];
  for (const term of terms) {
    if (term.type !== 'modifier' || (term.name !== 'redirect' && term.name !== 'exp')) continue;
    if (seen.has(term.name)) {
      problems.push({
        code: 'repeated-modifier',
        range: term.range,
        message: `"${term.name}=" stands twice`,
        advice: 'Keep one of them.',
      });
    }
    seen.add(term.name);
  }
  return problems;
}
