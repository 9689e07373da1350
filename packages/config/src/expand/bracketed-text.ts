/** Longest text whose brackets are looked for anew each time; only for longer ones is a table worth its memory. */
const SHORT_TEXT = 1024;

/**
 * A text with expressions in braces or parentheses, which knows where each bracket is closed.
 *
 *     ${a?{${b?{x}}}}
 *      ^            ^  found once, however deep the expressions around have been read before
 *
 * Brackets of the two kinds say nothing to each other: `${a(}` is closed.
 */
export class BracketedText {
  readonly text: string;
  /** For each opening bracket the place of the closing one, 0 where there is none. */
  #closing: Int32Array | undefined;

  constructor(text: string) {
    this.text = text;
  }

  /** The place before `end` of the bracket that closes the one at `open`, or -1. */
  closingBracket(open: number, end: number): number {
    if (this.text.length <= SHORT_TEXT) return findClosing(this.text, open, end);
    this.#closing ??= matchBrackets(this.text);
    const close = this.#closing[open]!;
    return close > 0 && close < end ? close : -1;
  }
}

function findClosing(text: string, open: number, end: number): number {
  const opening = text.charCodeAt(open);
  const closing = opening === 0x7b ? 0x7d : 0x29;
  let depth = 0;
  for (let at = open; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === opening) depth++;
    else if (code === closing && --depth === 0) return at;
  }
  return -1;
}

function matchBrackets(text: string): Int32Array {
  const closing = new Int32Array(text.length);
  // An open bracket's cell leads to the one around it until it is closed.
  let brace = -1;
  let parenthesis = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7b) {
      closing[at] = brace;
      brace = at;
    } else if (code === 0x28) {
      closing[at] = parenthesis;
      parenthesis = at;
    } else if (code === 0x7d && brace >= 0) {
      const around = closing[brace]!;
      closing[brace] = at;
      brace = around;
    } else if (code === 0x29 && parenthesis >= 0) {
      const around = closing[parenthesis]!;
      closing[parenthesis] = at;
      parenthesis = around;
    }
  }
  for (const open of [brace, parenthesis]) {
    for (let at = open; at >= 0;) {
      const around = closing[at]!;
      closing[at] = 0;
      at = around;
    }
  }
  return closing;
}
