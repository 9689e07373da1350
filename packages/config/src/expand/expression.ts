import { closingBracket, endOfWord, type MacroFault } from './macro.ts';

/** A part of an expression that is expanded for itself. */
export interface Operand {
  readonly text: string;
  /** Where it stands in the text around. */
  readonly offset: number;
}

/** What stands between the brackets of a `$` expression. */
export type Expression = (NameTest | Relation) & {
  /** The text after `?`. */
  readonly whenTrue?: Operand;
  /** The text after `:`. */
  readonly whenFalse?: Operand;
};

export interface NameTest {
  readonly type: 'name';
  readonly name: string;
  readonly offset: number;
}

export type RelationalOperator = '==' | '!=' | '<' | '<=' | '>=' | '>';

export interface Relation {
  readonly type: 'relation';
  readonly left: Operand;
  readonly operator: RelationalOperator;
  /** Compares compatibility levels (`<level`), not numbers or text. */
  readonly byLevel: boolean;
  readonly right: Operand;
}

/** What the reader of an expression understands: braces came with Postfix 3.0, `level` with 3.6. */
export interface Dialect {
  readonly braces: boolean;
  readonly levels: boolean;
}

const operators: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>=', '>']);

/**
 * Reads what stands between the brackets.
 *
 *     name    name?text    name:text    name?{a}    name:{b}    name?{a}:{b}
 *     {left} == {right}    {left} <level {right} ? {a} : {b}
 *
 * Text after `?` that is not in braces runs to the end, colons included. Blanks around names, operators
 * and braces say nothing; inside braces they are data.
 *
 * @param offset  where `inner` stands in the text around, for the places in the result
 * @see mac_expand(3) in Postfix's source
 */
export function readExpression(inner: string, offset: number, dialect: Dialect): Expression | MacroFault {
  const reader = { text: inner, at: 0, offset };
  skipBlanks(reader);
  if (dialect.braces && peek(reader) === '{') {
    const relation = readRelation(reader, dialect);
    if ('code' in relation) return relation;
    const sign = peek(reader);
    if (sign === '') return relation;
    if (sign !== '?' && sign !== ':') return fault(reader, 'expected "?" or ":" here');
    return readBranches(reader, relation, dialect);
  }
  if (!dialect.braces && (reader.at > 0 || peek(reader) === '{')) {
    return { code: 'macro-needs-version', message: 'this form needs Postfix 3.0', offset };
  }
  const start = reader.at;
  reader.at = endOfWord(inner, start);
  const test: NameTest = { type: 'name', name: inner.slice(start, reader.at), offset: offset + start };
  if (dialect.braces) skipBlanks(reader);
  const sign = peek(reader);
  if (sign === '') return test;
  if (sign !== '?' && sign !== ':') {
    return { ...fault(reader, `${JSON.stringify(sign)} cannot be part of a name`), code: 'macro-bad-name' };
  }
  return readBranches(reader, test, dialect);
}

interface Reader {
  readonly text: string;
  at: number;
  readonly offset: number;
}

function readRelation(reader: Reader, dialect: Dialect): Relation | MacroFault {
  const left = readBraces(reader);
  if ('code' in left) return left;
  const start = reader.at;
  const operator = /^[<>!=?+\-*/~&|%]*/.exec(reader.text.slice(start, start + 16))![0];
  if (!operators.has(operator)) return fault(reader, 'expected one of == != < <= >= > here');
  reader.at += operator.length;
  const suffixEnd = endOfSuffix(reader.text, reader.at);
  const suffix = reader.text.slice(reader.at, suffixEnd);
  if (suffix !== '' && !dialect.levels) {
    return { ...fault(reader, `"${operator}${suffix}" needs Postfix 3.6`), code: 'macro-needs-version' };
  }
  if (suffix !== '' && suffix !== 'level') return fault(reader, `"${operator}${suffix}" is no operator`);
  reader.at = suffixEnd;
  skipBlanks(reader);
  if (peek(reader) !== '{') return fault(reader, 'expected text in braces here');
  const right = readBraces(reader);
  if ('code' in right) return right;
  return { type: 'relation', left, operator: operator as RelationalOperator, byLevel: suffix !== '', right };
}

/** An operator's suffix is of letters and digits; `_` is none of them. */
function endOfSuffix(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== '_' && endOfWord(text, at) > at) at++;
  return at;
}

/** Reads `?yes`, `:no` or `?{yes}:no`; the sign comes next. */
function readBranches(reader: Reader, test: NameTest | Relation, dialect: Dialect): Expression | MacroFault {
  let branches: { whenTrue?: Operand; whenFalse?: Operand } = {};
  if (peek(reader) === '?') {
    reader.at++;
    const whenTrue = readBranch(reader, dialect);
    if ('code' in whenTrue) return whenTrue;
    branches = { whenTrue };
    if (peek(reader) === '') return { ...test, ...branches };
    if (peek(reader) !== ':') return fault(reader, 'expected ":" here');
  }
  reader.at++;
  const whenFalse = readBranch(reader, dialect);
  if ('code' in whenFalse) return whenFalse;
  if (peek(reader) !== '') return fault(reader, 'nothing may follow here');
  return { ...test, ...branches, whenFalse };
}

function readBranch(reader: Reader, dialect: Dialect): Operand | MacroFault {
  const start = reader.at;
  if (dialect.braces) {
    skipBlanks(reader);
    if (peek(reader) === '{') return readBraces(reader);
  }
  reader.at = reader.text.length;
  return { text: reader.text.slice(start), offset: reader.offset + start };
}

/** Reads `{text}` and the blanks behind it; the brace comes next. */
function readBraces(reader: Reader): Operand | MacroFault {
  const start = reader.at + 1;
  const end = closingBracket(reader.text, start, 0x7b);
  if (end < 0) return { ...fault(reader, '"{" is never closed'), code: 'macro-unclosed' };
  reader.at = end + 1;
  skipBlanks(reader);
  return { text: reader.text.slice(start, end), offset: reader.offset + start };
}

function peek({ text, at }: Reader): string {
  return text[at] ?? '';
}

/** Here VT and FF are no white space. */
function skipBlanks(reader: Reader): void {
  while (' \t\r\n'.includes(reader.text[reader.at] ?? 'x')) reader.at++;
}

function fault(reader: Reader, message: string): MacroFault {
  return { code: 'macro-bad-expression', message, offset: reader.offset + reader.at };
}
