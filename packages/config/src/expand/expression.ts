import type { BracketedText } from './bracketed-text.ts';
import { endOfWord, type MacroFault } from './macro.ts';

/** A part of an expression that is expanded for itself. */
export interface Operand {
  /** Where it stands in the text. */
  readonly start: number;
  readonly end: number;
}

/** What stands between the brackets of a `$` expression; all places are in the text that was read. */
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
 * @param start  of what stands between the brackets
 * @see mac_expand(3) in Postfix's source
 */
export function readExpression(
  source: BracketedText,
  start: number,
  end: number,
  dialect: Dialect,
): Expression | MacroFault {
  const reader: Reader = { source, at: start, end };
  skipBlanks(reader);
  if (dialect.braces && peek(reader) === '{') {
    const relation = readRelation(reader, dialect);
    if ('code' in relation) return relation;
    const sign = peek(reader);
    if (sign === '') return relation;
    if (sign !== '?' && sign !== ':') return fault(reader, 'expected "?" or ":" here');
    return readBranches(reader, relation, dialect);
  }
  if (!dialect.braces && (reader.at > start || peek(reader) === '{')) {
    return { code: 'macro-needs-version', message: 'this form needs Postfix 3.0', offset: start };
  }
  const nameStart = reader.at;
  reader.at = endOfWord(source.text, nameStart, end);
  const test: NameTest = {
    type: 'name',
    name: source.text.slice(nameStart, reader.at),
    offset: nameStart,
  };
  if (dialect.braces) skipBlanks(reader);
  const sign = peek(reader);
  if (sign === '') return test;
  if (sign !== '?' && sign !== ':') {
    return { ...fault(reader, `${JSON.stringify(sign)} cannot be part of a name`), code: 'macro-bad-name' };
  }
  return readBranches(reader, test, dialect);
}

interface Reader {
  readonly source: BracketedText;
  at: number;
  readonly end: number;
}

function readRelation(reader: Reader, dialect: Dialect): Relation | MacroFault {
  const left = readBraces(reader);
  if ('code' in left) return left;
  const start = reader.at;
  const { text } = reader.source;
  const operator = /^[<>!=?+\-*/~&|%]*/.exec(text.slice(start, Math.min(start + 16, reader.end)))![0];
  if (!operators.has(operator)) return fault(reader, 'expected one of == != < <= >= > here');
  reader.at += operator.length;
  const suffixEnd = endOfSuffix(text, reader.at, reader.end);
  const suffix = text.slice(reader.at, suffixEnd);
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
function endOfSuffix(text: string, start: number, end: number): number {
  const wordEnd = endOfWord(text, start, end);
  const underscore = text.slice(start, wordEnd).indexOf('_');
  return underscore < 0 ? wordEnd : start + underscore;
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
  reader.at = reader.end;
  return { start, end: reader.end };
}

/** Reads `{text}` and the blanks behind it; the brace comes next. */
function readBraces(reader: Reader): Operand | MacroFault {
  const start = reader.at + 1;
  const end = reader.source.closingBracket(reader.at, reader.end);
  if (end < 0) return { ...fault(reader, '"{" is never closed'), code: 'macro-unclosed' };
  reader.at = end + 1;
  skipBlanks(reader);
  return { start, end };
}

/** The next character, or nothing at the end. */
function peek({ source, at, end }: Reader): string {
  return at < end ? source.text[at]! : '';
}

/** Here VT and FF are no white space. */
function skipBlanks(reader: Reader): void {
  while (reader.at < reader.end && ' \t\r\n'.includes(reader.source.text[reader.at]!)) reader.at++;
}

function fault(reader: Reader, message: string): MacroFault {
  return { code: 'macro-bad-expression', message, offset: reader.at };
}
