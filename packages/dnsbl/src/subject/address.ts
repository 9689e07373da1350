import { readOctets } from '../filter/reply-filter.ts';
import type { Problem, ProblemCode } from './problem.ts';

/** An IP address as numbers of 32 bits: one for IPv4, four for IPv6. */
export type Address =
  | { readonly family: 4; readonly value: number }
  | { readonly family: 6; readonly words: readonly [number, number, number, number] };

/** Reads an address in any of its usual forms; undefined for everything else, zone identifiers too. */
export function readAddress(text: string): Address | undefined {
  const value = readOctets(text);
  if (value !== undefined) return { family: 4, value };
  const words = text.includes(':') ? readWords(text) : undefined;
  return words && { family: 6, words };
}

/**
 * Reads an address that lists can be asked about.
 *
 * @param reserved  whether addresses nobody can send mail from are a problem
 * @returns the address, or the problem: no address, a range, an address nobody can send mail from, or an IPv4 address
 *   inside an IPv6 one
 */
export function parseAddress(
  text: string,
  reserved: 'refuse' | 'ask' = 'refuse',
): { address: Address } | { problem: Problem } {
  const address = readAddress(text);
  if (address === undefined) {
    if (text.includes('/')) return refuse('range', `${text} is a range; ask for its addresses one by one`);
    return refuse('bad-address', `"${text}" is no IP address`);
  }
  if (address.family === 4) {
    const block = reserved === 'refuse' ? reservedBlock(specialIpv4, address.value) : undefined;
    if (block)
      return refuse(
        block.code,
        `${text} is ${block.what} (${block.cidr}); no list can say anything about it`,
      );
    return { address };
  }
  const [first, second, third, last] = address.words;
  if (first === 0 && second === 0 && third === 0xffff) {
    const suggestion = printIpv4(last);
    return refuse(
      'ipv4-mapped',
      `${text} is the IPv4 address ${suggestion} written as IPv6; ask for ${suggestion}`,
      suggestion,
    );
  }
  const block = reserved === 'refuse' ? reservedIpv6(address.words) : undefined;
  if (block) return refuse(block.code, `${text} is ${block.what}; no list can say anything about it`);
  return { address };
}

/**
 * The name under which a list is asked about an address.
 *
 *     192.0.2.99     99.2.0.192.ZONE
 *     2001:db8::1    1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ZONE
 *
 * @see RFC 5782, sections 2.1 and 2.4
 */
export function addressLabels(address: Address): string {
  if (address.family === 4) {
    const { value } = address;
    return `${value & 255}.${(value >>> 8) & 255}.${(value >>> 16) & 255}.${value >>> 24}`;
  }
  let labels = '';
  for (let index = 3; index >= 0; index--) {
    let word = address.words[index]!;
    for (let nibble = 0; nibble < 8; nibble++) {
      labels += `${(word & 15).toString(16)}.`;
      word >>>= 4;
    }
  }
  return labels.slice(0, -1);
}

/** The address as text: dotted decimal, or IPv6 as RFC 5952 has it. */
export function printAddress(address: Address): string {
  if (address.family === 4) return printIpv4(address.value);
  const groups = address.words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let [start, length] = [0, 1];
  for (let from = 0; from < 8; from++) {
    let end = from;
    while (end < 8 && groups[end] === 0) end++;
    if (end - from > length) [start, length] = [from, end - from];
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function printIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** Up to eight groups of hexadecimal digits, one `::`, and perhaps an IPv4 address at the end. */
function readWords(text: string): [number, number, number, number] | undefined {
  const [head, tail, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const before = readGroups(head!, tail === undefined);
  const after = tail === undefined ? [] : readGroups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...before, ...Array.from({ length: missing }, () => 0), ...after];
  const word = (index: number): number => ((groups[index * 2]! << 16) | groups[index * 2 + 1]!) >>> 0;
  return [word(0), word(1), word(2), word(3)];
}

function readGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const ipv4 = atEnd && index === parts.length - 1 ? readOctets(part) : undefined;
    if (ipv4 !== undefined) groups.push(ipv4 >>> 16, ipv4 & 0xffff);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

interface Block {
  readonly cidr: string;
  readonly code: ProblemCode;
  readonly what: string;
}

const ipv4Block = (
  cidr: string,
  code: ProblemCode,
  what: string,
): Block & { first: number; size: number } => {
  const [base, bits] = cidr.split('/') as [string, string];
  return { cidr, code, what, first: readOctets(base)!, size: 2 ** (32 - Number(bits)) };
};

/** @see RFC 6890 and the IANA registry of special-purpose addresses */
const specialIpv4 = [
  ipv4Block('0.0.0.0/8', 'unspecified', '"this network"'),
  ipv4Block('10.0.0.0/8', 'private', 'a private address'),
  ipv4Block('100.64.0.0/10', 'private', "behind a provider's address translation"),
  ipv4Block('127.0.0.0/8', 'loopback', 'the machine itself'),
  ipv4Block('169.254.0.0/16', 'link-local', 'valid on one link only'),
  ipv4Block('172.16.0.0/12', 'private', 'a private address'),
  ipv4Block('192.0.0.0/24', 'reserved', 'reserved for protocols'),
  ipv4Block('192.0.2.0/24', 'documentation', 'for documentation'),
  ipv4Block('192.88.99.0/24', 'reserved', 'a former 6to4 relay address'),
  ipv4Block('192.168.0.0/16', 'private', 'a private address'),
  ipv4Block('198.18.0.0/15', 'reserved', 'for measurements'),
  ipv4Block('198.51.100.0/24', 'documentation', 'for documentation'),
  ipv4Block('203.0.113.0/24', 'documentation', 'for documentation'),
  ipv4Block('224.0.0.0/4', 'multicast', 'for multicast'),
  ipv4Block('240.0.0.0/4', 'reserved', 'reserved'),
];

function reservedBlock(blocks: typeof specialIpv4, value: number): Block | undefined {
  return blocks.find(({ first, size }) => value >= first && value < first + size);
}

function reservedIpv6([first, second, third, last]: readonly [number, number, number, number]):
  Pick<Block, 'code' | 'what'> | undefined {
  if (first === 0 && second === 0 && third === 0) {
    if (last === 0) return { code: 'unspecified', what: 'the unspecified address' };
    if (last === 1) return { code: 'loopback', what: 'the machine itself' };
  }
  const top = first >>> 16;
  if ((top & 0xffc0) === 0xfe80) return { code: 'link-local', what: 'valid on one link only (fe80::/10)' };
  if ((top & 0xfe00) === 0xfc00) return { code: 'private', what: 'a private address (fc00::/7)' };
  if ((top & 0xff00) === 0xff00) return { code: 'multicast', what: 'for multicast (ff00::/8)' };
  if (first === 0x20010db8) return { code: 'documentation', what: 'for documentation (2001:db8::/32)' };
  if ((first & 0xfffff000) >>> 0 === 0x3fff0000)
    return { code: 'documentation', what: 'for documentation (3fff::/20)' };
  if (top >>> 13 !== 1) return { code: 'reserved', what: 'outside the addresses that are in use (2000::/3)' };
  return undefined;
}

function refuse(code: ProblemCode, message: string, suggestion?: string): { problem: Problem } {
  return { problem: { code, message, ...(suggestion !== undefined && { suggestion }) } };
}
