import { encodeText } from '../text/bytes.ts';
import type { RelationalOperator } from './expression.ts';

/** Compares as Postfix does: as numbers when both sides are all digits, byte by byte otherwise. */
export function compareOperands(left: string, right: string): number | { readonly tooLarge: string } {
  if (!isDigits(left) || !isDigits(right)) return compareBytes(left, right);
  const tooLarge = [left, right].find((text) => isTooLarge(text));
  if (tooLarge !== undefined) return { tooLarge };
  const difference = BigInt(left) - BigInt(right);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Compares compatibility levels, `major[.minor[.patch]]`. */
export function compareLevels(left: string, right: string): number | { readonly malformed: string } {
  const [a, b] = [readLevel(left), readLevel(right)];
  if (!a) return { malformed: left };
  if (!b) return { malformed: right };
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

export function holds(order: number, operator: RelationalOperator): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
  }
}

/** The greatest C long of a 64-bit machine; Postfix stops at a greater number. */
const largestLong = 2n ** 63n - 1n;

function isTooLarge(digits: string): boolean {
  const significant = digits.replace(/^0+/, '');
  return significant.length > 19 || BigInt(significant || 0) > largestLong;
}

function isDigits(text: string): boolean {
  return /^[0-9]+$/.test(text);
}

/** Minor and patch level have ten bits each, the major level the rest of a long. */
function readLevel(text: string): [number, number, number] | undefined {
  const match = /^(\s*[+-]?\d{1,20})(?:\.(\s*[+-]?\d{1,20}))?(?:\.(\s*[+-]?\d{1,20}))?$/.exec(text);
  if (!match) return undefined;
  const [major, minor, patch] = [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
  const good = major >= 0 && major < 2 ** 43 && minor >= 0 && minor < 1024 && patch >= 0 && patch < 1024;
  return good ? [major, minor, patch] : undefined;
}

function compareBytes(left: string, right: string): number {
  if (left === right) return 0;
  const [a, b] = [encodeText(left), encodeText(right)];
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    if (a[at] !== b[at]) return a[at]! - b[at]!;
  }
  return a.length - b.length;
}
