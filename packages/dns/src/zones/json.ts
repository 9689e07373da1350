/** JSON that remembers where everything stood, so that a problem in it can be shown at its place. */

/** A stretch of the source: offsets in UTF-16 code units, `end` is after the last one. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export type JsonNode =
  | { readonly type: 'object'; readonly range: Range; readonly members: readonly JsonMember[] }
  | { readonly type: 'array'; readonly range: Range; readonly items: readonly JsonNode[] }
  | { readonly type: 'string'; readonly range: Range; readonly value: string }
  | { readonly type: 'number'; readonly range: Range; readonly value: number }
  | { readonly type: 'literal'; readonly range: Range; readonly value: boolean | null };

export interface JsonMember {
  readonly key: string;
  readonly keyRange: Range;
  readonly value: JsonNode;
}

/** Where the text stops being JSON. */
export interface JsonFault {
  readonly message: string;
  readonly range: Range;
}

/** Deeper nesting than any zone file has. */
const deepest = 16;

const tokens =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\n]|\\.)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)|(true|false|null)|($))/y;

interface Token {
  readonly kind: 'sign' | 'string' | 'number' | 'literal' | 'end';
  readonly text: string;
  readonly range: Range;
}

/** Ends the reading from any depth; `readJson` turns it into data. */
class Fault extends Error {
  readonly range: Range;

  constructor(message: string, range: Range) {
    super(message);
    this.range = range;
  }
}

/** Reads JSON text (RFC 8259). Never throws. */
export function readJson(text: string): { readonly node: JsonNode } | { readonly fault: JsonFault } {
  // A byte order mark is not JSON, yet editors leave one.
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const reader = new Reader(text, start);
  try {
    const node = reader.value(0);
    const rest = reader.next();
    if (rest.kind !== 'end')
      return { fault: { message: `${rest.text} after the end of the JSON value`, range: rest.range } };
    return { node };
  } catch (error) {
    if (error instanceof Fault) return { fault: { message: error.message, range: error.range } };
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  next(): Token {
    tokens.lastIndex = this.#at;
    const match = tokens.exec(this.#text);
    if (!match) {
      const start = this.#at + /^[\t\n\r ]*/.exec(this.#text.slice(this.#at))![0].length;
      throw new Fault(`${JSON.stringify(this.#text.slice(start, start + 12))} is not JSON`, {
        start,
        end: start + 1,
      });
    }
    const index = match.findIndex((group, at) => at > 0 && group !== undefined);
    const text = match[index] ?? '';
    const end = tokens.lastIndex;
    this.#at = end;
    return {
      kind: (['sign', 'string', 'number', 'literal', 'end'] as const)[index - 1] ?? 'end',
      text,
      range: { start: end - text.length, end },
    };
  }

  value(depth: number, token: Token = this.next()): JsonNode {
    const { range } = token;
    if (depth > deepest) throw new Fault(`nested deeper than ${deepest} levels`, range);
    if (token.kind === 'string') return { type: 'string', range, value: stringValue(token) };
    if (token.kind === 'number') return { type: 'number', range, value: Number(token.text) };
    if (token.kind === 'literal')
      return { type: 'literal', range, value: token.text === 'null' ? null : token.text === 'true' };
    if (token.text === '{') return this.#object(range.start, depth);
    if (token.text === '[') return this.#array(range.start, depth);
    throw new Fault(
      token.kind === 'end' ? 'the JSON text ends too early' : `a value is missing before ${token.text}`,
      range,
    );
  }

  #object(start: number, depth: number): JsonNode {
    const members: JsonMember[] = [];
    for (let token = this.next(); token.text !== '}';) {
      if (token.kind !== 'string') throw new Fault('a name in double quotes is missing', token.range);
      const colon = this.next();
      if (colon.text !== ':') throw new Fault('a colon is missing', colon.range);
      members.push({
        key: stringValue(token),
        keyRange: token.range,
        value: this.value(depth + 1),
      });
      token = this.next();
      if (token.text === ',') {
        token = this.next();
        if (token.text === '}') throw new Fault('a comma before }', token.range);
      } else if (token.text !== '}') {
        throw new Fault('a comma or } is missing', token.range);
      }
    }
    return { type: 'object', range: { start, end: this.#at }, members };
  }

  #array(start: number, depth: number): JsonNode {
    const items: JsonNode[] = [];
    for (let token = this.next(); token.text !== ']';) {
      items.push(this.value(depth + 1, token));
      token = this.next();
      if (token.text === ',') {
        token = this.next();
        if (token.text === ']') throw new Fault('a comma before ]', token.range);
      } else if (token.text !== ']') {
        throw new Fault('a comma or ] is missing', token.range);
      }
    }
    return { type: 'array', range: { start, end: this.#at }, items };
  }
}

function stringValue({ text, range }: Token): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new Fault('a string with a bad escape or a control character', range);
  }
}
