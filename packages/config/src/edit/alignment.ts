/** One step from an old sequence to the wanted one; `take` puts `text` where the old element stood. */
export type AlignmentStep =
  | { readonly type: 'take'; readonly old: number; readonly text: string }
  | { readonly type: 'drop'; readonly old: number }
  | { readonly type: 'insert'; readonly text: string };

/** More cells than this in the table of common subsequences are not worth their memory: all is replaced. */
const largestTable = 4_000_000;

/** The steps that keep as many of the old elements as possible; where both sides differ, places are reused. */
export function alignElements(old: readonly string[], wanted: readonly string[]): AlignmentStep[] {
  const steps: AlignmentStep[] = [];
  let [from, to] = [0, 0];
  for (const [i, j] of [...commonPairs(old, wanted), [old.length, wanted.length] as const]) {
    for (; from < i && to < j; from++, to++) steps.push({ type: 'take', old: from, text: wanted[to]! });
    for (; from < i; from++) steps.push({ type: 'drop', old: from });
    for (; to < j; to++) steps.push({ type: 'insert', text: wanted[to]! });
    if (i < old.length && j < wanted.length) steps.push({ type: 'take', old: from++, text: wanted[to++]! });
  }
  return steps;
}

/** Index pairs of a longest common subsequence, ascending. */
function commonPairs(a: readonly string[], b: readonly string[]): [number, number][] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (
    tail < a.length - head &&
    tail < b.length - head &&
    a[a.length - 1 - tail] === b[b.length - 1 - tail]
  )
    tail++;
  const pairs: [number, number][] = [];
  for (let at = 0; at < head; at++) pairs.push([at, at]);
  for (const [i, j] of middlePairs(a.slice(head, a.length - tail), b.slice(head, b.length - tail))) {
    pairs.push([i + head, j + head]);
  }
  for (let at = tail; at > 0; at--) pairs.push([a.length - at, b.length - at]);
  return pairs;
}

function middlePairs(a: readonly string[], b: readonly string[]): [number, number][] {
  const width = b.length + 1;
  if (a.length === 0 || b.length === 0 || (a.length + 1) * width > largestTable) return [];
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        a[i] === b[j]
          ? longest[(i + 1) * width + j + 1]! + 1
          : Math.max(longest[(i + 1) * width + j]!, longest[i * width + j + 1]!);
    }
  }
  const pairs: [number, number][] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (longest[(i + 1) * width + j]! >= longest[i * width + j + 1]!) i++;
    else j++;
  }
  return pairs;
}
