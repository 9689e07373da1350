/** A POSIX pattern as RE2 reads it, or why there is none. */
export type Converted =
  | { readonly status: 'converted'; readonly pattern: string }
  | { readonly status: 'invalid'; readonly message: string }
  | { readonly status: 'unsupported'; readonly message: string };

/**
 * Writes a POSIX extended regular expression (regex(7), as glibc reads it) the way RE2 does.
 *
 * Inside brackets a backslash is itself; outside it escapes. A repetition after another repeats the whole,
 * and a `{` that begins no repetition and a `)` that closes nothing are themselves.
 *
 *     ^[^\.]+?\.(net|org)$   →   ^(?:[^\\.]+)?\.(net|org)$
 */
export function toRe2(pattern: string): Converted {
  let out = '';
  /** Where the last thing that can be repeated begins in `out`; undefined after an anchor, `(`, `|` and at the start. */
  let atom: number | undefined;
  let repeated = false;
  const groups: number[] = [];
  const begin = (text: string): void => {
    atom = out.length;
    repeated = false;
    out += text;
  };

  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    const interval = /^\{\d+(?:,\d*)?\}/.exec(pattern.slice(at))?.[0];
    if (char === '\\') {
      const next = pattern[++at];
      if (next === undefined) return { status: 'invalid', message: 'the pattern ends with a backslash' };
      if (/[1-9]/.test(next)) return { status: 'unsupported', message: 'the pattern has a back-reference' };
      if (/[<>`'bB]/.test(next))
        return { status: 'unsupported', message: `\\${next} is known to glibc only` };
      begin(/[wWsS]/.test(next) ? `\\${next}` : literal(next));
    } else if (char === '[') {
      const bracket = bracketAt(pattern, at);
      if (!bracket)
        return {
          status: 'unsupported',
          message: 'the pattern has a bracket expression that is not closed, or a collating element',
        };
      begin(bracket.text);
      at = bracket.end;
    } else if ('*+?'.includes(char) || interval) {
      const operator = interval ?? char;
      if (atom === undefined) return { status: 'invalid', message: `nothing to repeat before ${operator}` };
      if (repeated) out = `${out.slice(0, atom)}(?:${out.slice(atom)})`;
      out += operator;
      repeated = true;
      at += operator.length - 1;
    } else if (char === '(') {
      groups.push(out.length);
      out += char;
      atom = undefined;
    } else if (char === ')' && groups.length > 0) {
      out += char;
      atom = groups.pop();
      repeated = false;
    } else if (char === '|' || char === '^' || char === '$') {
      out += char;
      atom = undefined;
    } else {
      begin(char === '.' ? '.' : literal(char));
    }
  }
  if (groups.length > 0) return { status: 'invalid', message: 'the pattern has a ( without )' };
  return { status: 'converted', pattern: out };
}

/** A bracket expression from `[` to its `]`, backslashes doubled. */
function bracketAt(pattern: string, start: number): { text: string; end: number } | undefined {
  let at = start + 1;
  let out = '[';
  if (pattern[at] === '^') out += pattern[at++]!;
  if (pattern[at] === ']') {
    out += String.raw`\]`;
    at++;
  }
  for (; at < pattern.length && pattern[at] !== ']'; at++) {
    const named = /^\[:\w+:\]/.exec(pattern.slice(at))?.[0];
    if (named) {
      out += named;
      at += named.length - 1;
    } else if (/^\[[.=]/.test(pattern.slice(at))) {
      return undefined;
    } else {
      out += /[\\[]/.test(pattern[at]!) ? `\\${pattern[at]}` : pattern[at];
    }
  }
  return at < pattern.length ? { text: `${out}]`, end: at } : undefined;
}

function literal(char: string): string {
  return /[\p{L}\p{N}_\s@/:,;=<>"'!%&~#-]/u.test(char) || char > '\u007f' ? char : `\\${char}`;
}
