/**
 * The names that a pattern of an inventory stands for.
 *
 *     mail[01:03].example.net     mail01 … mail03: the zeros are kept
 *     mx-[a:c]                    mx-a, mx-b, mx-c
 *     relay[0:8:4]                relay0, relay4, relay8
 *
 * @returns why there are none, where the pattern cannot be
 */
export function expandRanges(
  pattern: string,
  most: number,
): readonly string[] | { readonly problem: string } {
  const found = /\[([^\][]*)\]/.exec(pattern);
  if (!found) {
    return /[\][]/.test(pattern) ? { problem: `${pattern}: a bracket has no partner` } : [pattern];
  }
  const middle = expandRange(found[1]!, most);
  if ('problem' in middle) return { problem: `${pattern}: ${middle.problem}` };
  const rest = expandRanges(pattern.slice(found.index + found[0].length), most);
  if ('problem' in rest) return { problem: `${pattern}: ${rest.problem.replace(/^.*?: /, '')}` };
  if (middle.length * rest.length > most)
    return { problem: `${pattern}: stands for more than ${most} hosts` };
  const before = pattern.slice(0, found.index);
  return middle.flatMap((word) => rest.map((after) => before + word + after));
}

function expandRange(text: string, most: number): readonly string[] | { readonly problem: string } {
  const [, from, to, step = '1'] =
    /^(\d{1,9}|[a-z]|[A-Z]):(\d{1,9}|[a-z]|[A-Z])(?::(\d{1,9}))?$/.exec(text) ?? [];
  if (from === undefined || to === undefined) return { problem: `[${text}] is no range` };
  const isNumber = /\d/.test(from);
  const isOneKind = isNumber ? /\d/.test(to) : /[a-z]/.test(from) === /[a-z]/.test(to) && !/\d/.test(to);
  if (!isOneKind) return { problem: `[${text}] goes from one kind of character to another` };
  const first = isNumber ? Number(from) : from.codePointAt(0)!;
  const last = isNumber ? Number(to) : to.codePointAt(0)!;
  const stride = Number(step);
  if (last < first) return { problem: `[${text}] ends before it begins` };
  if (stride === 0) return { problem: `[${text}] has a step of nothing` };
  if ((last - first) / stride >= most) return { problem: `[${text}] stands for more than ${most} hosts` };
  const width = from.startsWith('0') ? from.length : 1;
  return Array.from({ length: Math.floor((last - first) / stride) + 1 }, (_, index) => {
    const value = first + index * stride;
    return isNumber ? String(value).padStart(width, '0') : String.fromCodePoint(value);
  });
}
