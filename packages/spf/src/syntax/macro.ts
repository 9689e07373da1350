import type { Range, SpfProblem } from './problem.ts';

/** The letters of RFC 7208 section 7.2; `c`, `r` and `t` stand only in explanations. */
export type MacroLetter = 's' | 'l' | 'o' | 'd' | 'i' | 'p' | 'v' | 'h' | 'c' | 'r' | 't';

/**
 * A text with macros, cut into its parts.
 *
 *     %{l1r-}.%{ir}._spf.example.com
 *     ^^^^^^^ ^^^^^ expand
 *            ^     ^^^^^^^^^^^^^^^^^ literal
 */
export interface MacroString {
  readonly text: string;
  readonly range: Range;
  readonly parts: readonly MacroPart[];
}

export type MacroPart =
  | { readonly type: 'literal'; readonly text: string }
  /** `%%`, `%_` and `%-`, which stand for a percent sign, a space and `%20`. */
  | { readonly type: 'escape'; readonly text: string; readonly value: string }
  | MacroExpand;

/** `%{letter digits r delimiters}`. */
export interface MacroExpand {
  readonly type: 'expand';
  readonly text: string;
  readonly letter: MacroLetter;
  /** An upper-case letter: the value is URL-escaped. */
  readonly url: boolean;
  /** How many right-hand parts are kept; 0 keeps all. */
  readonly keep: number;
  readonly reverse: boolean;
  /** What the value is split at; a dot where none is written. */
  readonly delimiters: string;
}

/** Where a macro-string stands: it decides which letters and characters it may hold. */
export type MacroPlace = 'domain' | 'modifier' | 'explanation';

const body = /^([a-z])(\d*)(r?)([.\-+,/_=]*)$/i;
const escapes: Readonly<Record<string, string>> = { '%': '%', _: ' ', '-': '%20' };

/**
 * Reads a macro-string (RFC 7208 section 7.1).
 *
 * @param start  where the text stands in the record, for ranges
 */
export function parseMacroString(
  text: string,
  place: MacroPlace,
  start = 0,
): { value: MacroString; problems: SpfProblem[] } {
  const parts: MacroPart[] = [];
  const problems: SpfProblem[] = [];
  const report = (from: number, to: number, message: string, advice: string): void => {
    problems.push({ code: 'bad-macro', range: { start: start + from, end: start + to }, message, advice });
  };

  let position = 0;
  while (position < text.length) {
    const percent = text.indexOf('%', position);
    const end = percent < 0 ? text.length : percent;
    if (end > position) {
      const literal = text.slice(position, end);
      const bad = (place === 'explanation' ? /[^\x20-\x7e]/ : /[^\x21-\x7e]/).exec(literal);
      if (bad) {
        const at = position + bad.index;
        problems.push({
          code: 'bad-character',
          range: { start: start + at, end: start + at + 1 },
          message: `the character ${describeCharacter(bad[0])} is not allowed here`,
          advice: 'Write visible US-ASCII characters only; spell a domain with other letters as xn--….',
        });
      }
      parts.push({ type: 'literal', text: literal });
      position = end;
      continue;
    }
    const escape = escapes[text[position + 1] ?? ''];
    if (escape !== undefined) {
      parts.push({ type: 'escape', text: text.slice(position, position + 2), value: escape });
      position += 2;
      continue;
    }
    const close = text[position + 1] === '{' ? text.indexOf('}', position) : -1;
    if (close < 0) {
      report(
        position,
        position + 1,
        'a lone "%"',
        'Write "%%" for a percent sign, or a macro such as "%{i}".',
      );
      parts.push({ type: 'literal', text: '%' });
      position++;
      continue;
    }
    const source = text.slice(position, close + 1);
    const expand = parseExpand(source, place);
    if (typeof expand === 'string') {
      report(
        position,
        close + 1,
        `"${source}" is no macro: ${expand}`,
        'See RFC 7208 section 7.2 for the letters.',
      );
      parts.push({ type: 'literal', text: source });
    } else {
      parts.push(expand);
    }
    position = close + 1;
  }
  return { value: { text, range: { start, end: start + text.length }, parts }, problems };
}

function parseExpand(source: string, place: MacroPlace): MacroExpand | string {
  const match = body.exec(source.slice(2, -1));
  if (!match) return 'it is a letter, digits, "r" and delimiters, in this order';
  const [, written = '', digits = '', reverse = '', delimiters = ''] = match;
  const letter = written.toLowerCase();
  if (!'slodipvhcrt'.includes(letter)) return `the letter "${written}" means nothing`;
  if (place === 'domain' && 'crt'.includes(letter)) return `"${written}" stands only in an explanation`;
  if (digits !== '' && Number(digits) === 0) return 'the number of parts cannot be 0';
  return {
    type: 'expand',
    text: source,
    letter: letter as MacroLetter,
    url: written !== letter,
    keep: Math.min(Number(digits), 255),
    reverse: reverse !== '',
    delimiters: delimiters === '' ? '.' : delimiters,
  };
}

/**
 * The top label of a domain-spec that ends in plain text (RFC 7208 section 7.1): letters, digits and
 * inner hyphens, not digits alone.
 */
export const topLabel: RegExp = /^(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i;

/**
 * Reads a domain-spec: a macro-string that ends in a macro or in `.toplabel`, with or without a final dot.
 *
 *     %{ir}.sbl.example.com      foo.%{d}      example.com.
 *                      ^^^^         ^^^^              ^^^^^
 */
export function parseDomainSpec(text: string, start: number): { value: MacroString; problems: SpfProblem[] } {
  const parsed = parseMacroString(text, 'domain', start);
  if (parsed.problems.length > 0) return parsed;
  const last = parsed.value.parts.at(-1);
  if (last?.type === 'literal') {
    const labels = last.text.replace(/\.$/, '').split('.');
    if (labels.length < 2 || !topLabel.test(labels.at(-1)!)) {
      parsed.problems.push(badDomain(text, parsed.value.range));
    }
  }
  return parsed;
}

function badDomain(text: string, range: Range): SpfProblem {
  const message = `"${text}" is not a domain name with at least two labels`;
  if (/^\d+(\.\d+){3}$/.test(text)) {
    return { code: 'bad-domain', range, message, advice: `For an address write "ip4:${text}".` };
  }
  if (/\/\d*$/.test(text)) {
    return {
      code: 'bad-domain',
      range,
      message,
      advice: 'A prefix length goes after a and mx only: "a:name/24//64".',
    };
  }
  return {
    code: 'bad-domain',
    range,
    message,
    advice: 'Write a full domain name such as "mail.example.com".',
  };
}

function describeCharacter(character: string): string {
  const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code}`;
}
