/** Longest name that is compared: Postfix's own have at most 55 characters. */
const LONGEST = 64;

/**
 * The candidate that a misspelt word most likely meant: the nearest by insertions, deletions, replacements
 * and swaps of neighbours, if it is near enough for its length. Words that long nobody mistypes.
 */
function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > LONGEST) return undefined;
  const letters = lettersOf(word);
  let best: string | undefined;
  let bestDistance = Math.min(3, 1 + Math.floor(word.length / 6)) + 1;
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance) continue;
    // One edit changes at most two letters of the set.
    if (countBits(letters ^ lettersOf(candidate)) > 2 * (bestDistance - 1)) continue;
    const distance = editDistance(word, candidate, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The set of the characters of a word, folded into 32 bits. */
function lettersOf(word: string): number {
  let letters = 0;
  for (let at = 0; at < word.length; at++) letters |= 1 << (word.charCodeAt(at) & 31);
  return letters;
}

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** The optimal string alignment distance, or `limit` when it is not below: cells further from the diagonal are not looked at. */
function editDistance(a: string, b: string, limit: number): number {
  const width = b.length + 2;
  let beforeLast = new Uint8Array(width);
  let last = Uint8Array.from({ length: width }, (_, column) => Math.min(column, limit));
  let current = new Uint8Array(width);
  for (let row = 1; row <= a.length; row++) {
    const from = Math.max(1, row - limit);
    const to = Math.min(b.length, row + limit);
    current[from - 1] = from === 1 ? Math.min(row, limit) : limit;
    let least = current[from - 1]!;
    for (let column = from; column <= to; column++) {
      const replaced = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let cost = Math.min(limit, replaced, last[column]! + 1, current[column - 1]! + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, beforeLast[column - 2]! + 1);
      }
      current[column] = cost;
      if (cost < least) least = cost;
    }
    current[to + 1] = limit;
    if (least >= limit) return limit;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return last[b.length]!;
}

/** `; did you mean x?`, for the end of a message about a misspelt word; empty when no candidate is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates);
  return found === undefined ? '' : `; did you mean ${found}?`;
}
