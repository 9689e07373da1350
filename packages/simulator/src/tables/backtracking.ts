/** Groups within groups that are looked into. */
const deepest = 100;

/**
 * How many ways a backtracking engine may have to try at the most before it knows that a pattern does not match a
 * text, each possible start counted; infinite where that grows faster than any power of the text's length.
 *
 *     ^a+@            length × length        (each start, each end of the `a`s)
 *     (?!x)(a|b)?c    length × 2 × 2
 *     (\d{1,3}\.){4}  length × 3 ** 4
 *     (a+)+           infinite
 *
 * @param length  of the longest text
 */
export function backtrackingWays(pattern: string, length: number): number {
  let at = 0;

  /** Alternatives up to the end of the group, or of the pattern. */
  const alternatives = (depth: number): number => {
    let ways = 0;
    let sequence = 1;
    while (at < pattern.length && pattern[at] !== ')') {
      if (pattern[at] === '|') {
        ways += sequence;
        sequence = 1;
        at++;
      } else {
        sequence *= repeated(atom(depth));
      }
    }
    return ways + sequence;
  };

  const atom = (depth: number): number => {
    const char = pattern[at++];
    if (char === '\\') at++;
    else if (char === '[') at += /^\^?\]?(?:\\[^]|\[:\w+:\]|[^\]\\])*\]?/.exec(pattern.slice(at))![0].length;
    else if (char === '(') {
      if (depth >= deepest) {
        at = pattern.length;
        return Infinity;
      }
      at += /^(?:\?(?:<?[=!]|[:>|]|P?<\w+>|[a-zA-Z-]*:?))?/.exec(pattern.slice(at, at + 100))![0].length;
      const ways = alternatives(depth + 1);
      at++;
      return ways;
    }
    return 1;
  };

  const repeated = (once: number): number => {
    let ways = once;
    for (
      let quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(pattern.slice(at, at + 20))?.[0];
      quantifier !== undefined;
      quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(pattern.slice(at, at + 20))?.[0]
    ) {
      at += quantifier.length;
      const [, least, comma, highest] = /^\{(\d+)(,)?(\d*)\}$/.exec(quantifier) ?? [];
      if (quantifier === '?') ways += 1;
      else if (least === undefined || (comma && highest === '')) ways = ways > 1 ? Infinity : length;
      else {
        const most = Number(comma ? highest : least);
        ways = ways ** most * (most - Number(least) + 1);
      }
      // What makes a quantifier lazy or possessive gives it no further ways.
      if (/[?+]/.test(pattern[at] ?? '')) at++;
    }
    return ways;
  };

  const ways = alternatives(0);
  // A `)` that closes nothing: no pattern that anybody can run.
  return at < pattern.length ? Infinity : length * ways;
}
