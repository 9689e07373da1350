import { printAddress, readAddress, type Address } from './address.ts';
import type { Problem } from './problem.ts';

/**
 * The addresses of a range in order, without network and broadcast address being left out: lists hold both.
 *
 *     192.0.2.8/30    192.0.2.8 192.0.2.9 192.0.2.10 192.0.2.11
 *
 * @param cap  the most addresses a range may have
 */
export function expandCidr(text: string, cap: number): { addresses: string[] } | { problem: Problem } {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const base = match?.[1] === undefined ? undefined : readAddress(match[1]);
  const prefix = Number(match?.[2]);
  const bits = base?.family === 4 ? 32 : 128;
  if (base === undefined || prefix > bits) {
    return bad(text, `"${text}" is no range; write it as 192.0.2.0/28 or 2001:db8::/124`);
  }
  if (2 ** (bits - prefix) > cap) {
    const count = bits - prefix > 40 ? `2^${bits - prefix}` : String(2 ** (bits - prefix));
    return {
      problem: { code: 'too-many', message: `${text} has ${count} addresses; at most ${cap} are asked for` },
    };
  }
  const low = base.family === 4 ? base.value : base.words[3];
  const size = 2 ** (bits - prefix);
  const first = low - (low % size);
  if (first !== low) {
    const suggestion = `${printAddress(withLow(base, first))}/${prefix}`;
    return bad(text, `${text} does not begin at a boundary; did you mean ${suggestion}?`, suggestion);
  }
  return {
    addresses: Array.from({ length: size }, (_, index) => printAddress(withLow(base, first + index))),
  };
}

/** The address with other last 32 bits. */
function withLow(base: Address, low: number): Address {
  if (base.family === 4) return { family: 4, value: low };
  const [a, b, c] = base.words;
  return { family: 6, words: [a, b, c, low] };
}

function bad(text: string, message: string, suggestion?: string): { problem: Problem } {
  return { problem: { code: 'bad-cidr', message, ...(suggestion !== undefined && { suggestion }) } };
}
