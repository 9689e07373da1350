import type { BracketedText } from './bracketed-text.ts';

/** Something wrong in a `$` expression, by place in the text that was given. */
export interface MacroFault {
  readonly code:
    'macro-unclosed' | 'macro-empty-name' | 'macro-bad-name' | 'macro-bad-expression' | 'macro-needs-version';
  readonly message: string;
  readonly offset: number;
}

/** What is found on the way through a text, by place. */
export interface MacroVisitor {
  /** @returns false to stop */
  literal(text: string, offset: number): boolean;
  /** Between the places stands what is between the brackets, or the bare name. @returns false to stop */
  macro(start: number, end: number): boolean;
}

/**
 * Finds the `$` expressions of a stretch of a text.
 *
 *     smtp $$5 $name.tld ${name?text} $(name:text)
 *     ^        ^    ^    ^           ^
 *     literal  |    |    macro       macro
 *              macro literal
 *
 * `$$` is a `$`. A bare name is of ASCII letters, digits and `_`. A bracket ends where brackets of its own
 * kind are even again; the other kind is not looked at.
 *
 * @returns what is wrong; the visitor has then seen all that comes before
 * @see mac_parse(3) in Postfix's source
 */
export function eachMacro(
  source: BracketedText,
  start: number,
  end: number,
  visitor: MacroVisitor,
): MacroFault | undefined {
  const { text } = source;
  let literal = '';
  let literalStart = start;
  let at = start;
  while (at < end) {
    const found = text.indexOf('$', at);
    const dollar = found < 0 || found > end ? end : found;
    if (dollar > at) {
      if (literal === '') literalStart = at;
      literal += text.slice(at, dollar);
    }
    if (dollar === end) break;
    const next = dollar + 1 < end ? text.charCodeAt(dollar + 1) : 0;
    if (next === 0x24) {
      if (literal === '') literalStart = dollar;
      literal += '$';
      at = dollar + 2;
      continue;
    }
    if (literal !== '' && !visitor.literal(literal, literalStart)) return undefined;
    literal = '';
    const isBracket = next === 0x7b || next === 0x28;
    const from = isBracket ? dollar + 2 : dollar + 1;
    const to = isBracket ? source.closingBracket(dollar + 1, end) : endOfWord(text, from, end);
    if (to < 0) {
      const message = `"${text.slice(dollar, dollar + 2)}" is never closed`;
      return { code: 'macro-unclosed', message, offset: dollar };
    }
    if (to === from) {
      return { code: 'macro-empty-name', message: '"$" is not followed by a name', offset: dollar };
    }
    if (!visitor.macro(from, to)) return undefined;
    at = isBracket ? to + 1 : to;
  }
  if (literal !== '') visitor.literal(literal, literalStart);
  return undefined;
}

/** The end of the word of letters, digits and `_` that begins at `start`. */
export function endOfWord(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && isWordCode(text.charCodeAt(at))) at++;
  return at;
}

function isWordCode(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f
  );
}
