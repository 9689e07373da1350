/** Something wrong in a `$` expression, by place in the text that was given. */
export interface MacroFault {
  readonly code:
    'macro-unclosed' | 'macro-empty-name' | 'macro-bad-name' | 'macro-bad-expression' | 'macro-needs-version';
  readonly message: string;
  readonly offset: number;
}

/** What is found on the way through a text; each is told where it begins. */
export interface MacroVisitor {
  literal(text: string, offset: number): void;
  /** `inner` is what stands between the brackets, or the bare name. @returns false to stop */
  macro(inner: string, offset: number): boolean;
}

/**
 * Finds the `$` expressions of a text.
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
export function eachMacro(text: string, visitor: MacroVisitor): MacroFault | undefined {
  let literal = '';
  let literalStart = 0;
  let at = 0;
  const flush = (): void => {
    if (literal !== '') visitor.literal(literal, literalStart);
    literal = '';
  };
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    const end = dollar < 0 ? text.length : dollar;
    if (literal === '') literalStart = at;
    literal += text.slice(at, end);
    if (dollar < 0) break;
    const next = text.charCodeAt(dollar + 1);
    if (next === 0x24) {
      literal += '$';
      at = dollar + 2;
      continue;
    }
    flush();
    const isBracket = next === 0x7b || next === 0x28;
    const start = isBracket ? dollar + 2 : dollar + 1;
    const stop = isBracket ? closingBracket(text, start, next) : endOfWord(text, start);
    if (stop < 0) {
      return {
        code: 'macro-unclosed',
        message: `"${text.slice(dollar, dollar + 2)}" is never closed`,
        offset: dollar,
      };
    }
    if (stop === start) {
      return { code: 'macro-empty-name', message: '"$" is not followed by a name', offset: dollar };
    }
    if (!visitor.macro(text.slice(start, stop), start)) return undefined;
    at = isBracket ? stop + 1 : stop;
  }
  flush();
  return undefined;
}

/** The place of the bracket that closes one opened just before `start`, or -1. */
export function closingBracket(text: string, start: number, open: number): number {
  const close = open === 0x7b ? 0x7d : 0x29;
  let depth = 1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === open) depth++;
    else if (code === close && --depth === 0) return at;
  }
  return -1;
}

export function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && isWordCode(text.charCodeAt(at))) at++;
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
