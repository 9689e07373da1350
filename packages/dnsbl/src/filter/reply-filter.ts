/** Which A records count as a hit: four fields, each a set of octets. Plain JSON data. */
export interface ReplyFilter {
  readonly type: 'reply-filter';
  readonly fields: readonly [FilterField, FilterField, FilterField, FilterField];
}

/** One of the four fields: `bracketed` says whether it was written inside `[ ]`. */
export interface FilterField {
  readonly bracketed: boolean;
  readonly members: readonly OctetRange[];
}

/** `from` and `to` are octets, both included; equal for a single number. */
export interface OctetRange {
  readonly from: number;
  readonly to: number;
}

export type FilterProblemCode =
  'empty' | 'missing-bracket' | 'bad-octet' | 'bad-range' | 'bad-separator' | 'missing-dot' | 'garbage';

/** Why Postfix would refuse the filter. `range` is the offending text, as offsets into what was parsed. */
export interface FilterProblem {
  readonly code: FilterProblemCode;
  readonly range: readonly [start: number, end: number];
  readonly message: string;
}

/**
 * Reads the part behind `=` of `reject_rbl_client zone=filter` and `postscreen_dnsbl_sites`.
 *
 *     127.0.0.[2..11]          fields are separated by "."
 *     ^^^ ^ ^ ^^^^^^^          each is an octet, or a set in brackets
 *     127.0.[0;2..15].[1..3]   members of a set are separated by ";" (never ","), ranges are low..high
 *     [127.0.0.2]              brackets around the whole are taken off, once
 *
 * It accepts and refuses exactly what Postfix does, as smtpd and postscreen prove in the tests; numbers may
 * have leading zeros, white space is never allowed, and only IPv4 exists.
 *
 * @returns the filter, or `undefined` with the one problem Postfix would stop at
 * @see ip_match(3); postconf(5) reject_rbl_client, postscreen_dnsbl_sites
 */
export function parseReplyFilter(text: string): {
  filter: ReplyFilter | undefined;
  problems: FilterProblem[];
} {
  const stripped = stripOuterBrackets(text);
  if ('code' in stripped) return { filter: undefined, problems: [stripped] };
  const tokens = new Tokens(text, stripped.start, stripped.end);
  const fields: FilterField[] = [];
  for (;;) {
    const field = parseField(tokens);
    if ('code' in field) return { filter: undefined, problems: [field] };
    fields.push(field);
    if (fields.length === 4) break;
    if (tokens.next() !== '.')
      return { filter: undefined, problems: [tokens.problem('missing-dot', 'a "." is needed')] };
  }
  if (!tokens.atEnd()) {
    tokens.next();
    return {
      filter: undefined,
      problems: [tokens.problem('garbage', 'nothing may follow the fourth field')],
    };
  }
  return {
    filter: { type: 'reply-filter', fields: fields as unknown as ReplyFilter['fields'] },
    problems: [],
  };
}

/** Whether an answer counts. `address` is dotted decimal; anything that is not an IPv4 address never counts. */
export function matchReplyFilter(filter: ReplyFilter, address: string): boolean {
  const octets = readOctets(address);
  if (octets === undefined) return false;
  return filter.fields.every((field, index) => {
    const octet = (octets >>> (24 - 8 * index)) & 0xff;
    return field.members.some(({ from, to }) => octet >= from && octet <= to);
  });
}

/** The filter as Postfix writes it: no leading zeros, no brackets around the whole. */
export function printReplyFilter(filter: ReplyFilter): string {
  return filter.fields
    .map(({ bracketed, members }) => {
      const text = members.map(({ from, to }) => (from === to ? `${from}` : `${from}..${to}`)).join(';');
      return bracketed ? `[${text}]` : text;
    })
    .join('.');
}

/** Four decimal octets as one unsigned number; undefined for everything else. */
export function readOctets(address: string): number | undefined {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let index = 0; index <= address.length; index++) {
    const code = index < address.length ? address.charCodeAt(index) : 46;
    if (code === 46) {
      if (octet < 0) return undefined;
      value = value * 256 + octet;
      octet = -1;
      dots++;
    } else if (code >= 48 && code <= 57) {
      // No leading zeros, as inet_pton(3) has it.
      if (octet === 0) return undefined;
      octet = (octet < 0 ? 0 : octet * 10) + code - 48;
      if (octet > 255) return undefined;
    } else {
      return undefined;
    }
  }
  return dots === 4 ? value : undefined;
}

/**
 *     [127.0.0.[2;3]]       the bracket that closes the first one is the last character: both go
 *     [127].0.0.2           it is not the last character: they are the first field's own
 */
function stripOuterBrackets(text: string): { start: number; end: number } | FilterProblem {
  let [start, end] = [0, text.length];
  if (text.startsWith('[')) {
    const closing = closingBracket(text);
    if (closing < 0) return problem('missing-bracket', 0, end, 'a "]" is missing');
    if (closing === end - 1) [start, end] = [1, closing];
  }
  return start === end ? problem('empty', 0, text.length, 'the reply filter is empty') : { start, end };
}

function closingBracket(text: string): number {
  let level = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === '[') level++;
    if (text[index] === ']' && --level === 0) return index;
  }
  return -1;
}

/**
 *     2        [2..11]        [2;4;6..8]
 *     ^ octet  ^ set of one   ^ set of three members
 */
function parseField(tokens: Tokens): FilterField | FilterProblem {
  const first = tokens.next();
  if (typeof first === 'number') return { bracketed: false, members: [{ from: first, to: first }] };
  if (first !== '[') return tokens.problem('bad-octet', 'a number from 0 to 255 or a "[" is needed');
  const members: OctetRange[] = [];
  for (;;) {
    const from = tokens.next();
    if (typeof from !== 'number') return tokens.problem('bad-octet', 'a number from 0 to 255 is needed');
    let to = from;
    let after = tokens.next();
    if (after === '.') {
      const high = tokens.next() === '.' ? tokens.next() : undefined;
      if (typeof high !== 'number' || high < from) {
        return tokens.problem('bad-range', 'a range is written low..high');
      }
      to = high;
      after = tokens.next();
    }
    members.push({ from, to });
    if (after === ']') return { bracketed: true, members };
    if (after !== ';') return tokens.problem('bad-separator', 'a ";" or "]" is needed');
  }
}

/** Octets as numbers, any other character as itself, `''` at the end and for a number above 255. */
class Tokens {
  readonly #text: string;
  readonly #end: number;
  #at: number;
  #start: number;

  constructor(text: string, start: number, end: number) {
    this.#text = text;
    this.#at = start;
    this.#start = start;
    this.#end = end;
  }

  next(): number | string {
    this.#start = this.#at;
    if (this.#at === this.#end) return '';
    let value = -1;
    for (; this.#at < this.#end; this.#at++) {
      const digit = this.#text.charCodeAt(this.#at) - 48;
      if (digit < 0 || digit > 9) break;
      value = Math.min(256, Math.max(value, 0) * 10 + digit);
    }
    if (value < 0) return this.#text[this.#at++]!;
    return value > 255 ? '' : value;
  }

  atEnd(): boolean {
    return this.#at === this.#end;
  }

  /** A problem with the token read last. */
  problem(code: FilterProblemCode, what: string): FilterProblem {
    const found = this.#text.slice(this.#start, this.#at);
    const where = found === '' ? 'at the end' : `at "${found}" (character ${this.#start + 1})`;
    return problem(code, this.#start, this.#at, `${what} ${where}`);
  }
}

function problem(code: FilterProblemCode, start: number, end: number, message: string): FilterProblem {
  return { code, range: [start, end], message };
}
