/**
 * An IP address as four 32-bit words, most significant first; an IPv4 address is the last word.
 * Numbers and not text or BigInt, because every `a`, `mx`, `ip4` and `ip6` term compares one.
 */
export interface Address {
  readonly family: 4 | 6;
  readonly words: Words;
}

export type Words = readonly [number, number, number, number];

/**
 * Reads an IPv4 address in dotted-quad form; leading zeros are refused, as RFC 7208 section 5.6 has it.
 *
 * @returns the address as an unsigned 32-bit number, or -1
 */
export function parseIp4(text: string): number {
  let value = 0;
  let octet = -1;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (octet < 0 || ++dots > 3) return -1;
      value = value * 256 + octet;
      octet = -1;
    } else if (code >= 0x30 && code <= 0x39) {
      if (octet === 0) return -1;
      octet = octet < 0 ? code - 0x30 : octet * 10 + code - 0x30;
      if (octet > 255) return -1;
    } else {
      return -1;
    }
  }
  return octet < 0 || dots !== 3 ? -1 : value * 256 + octet;
}

/** Reads an IPv6 address in any of the forms of RFC 4291 section 2.2, without a zone index. */
export function parseIp6(text: string): Words | undefined {
  if (text.length < 2 || text.length > 45) return undefined;
  const groups: number[] = [];
  let gap = -1;
  let position = 0;
  if (text.startsWith('::')) {
    gap = 0;
    position = 2;
  }
  while (position < text.length) {
    if (groups.length === 8) return undefined;
    let end = position;
    let group = 0;
    for (; end < text.length && end - position < 5; end++) {
      const digit = hexDigit(text.charCodeAt(end));
      if (digit < 0) break;
      group = group * 16 + digit;
    }
    if (text.charCodeAt(end) === 0x2e) {
      const tail = groups.length > 6 ? -1 : parseIp4(text.slice(position));
      if (tail < 0) return undefined;
      groups.push(tail >>> 16, tail & 0xffff);
      position = text.length;
      break;
    }
    if (end === position || end - position > 4) return undefined;
    groups.push(group);
    position = end;
    if (position === text.length) break;
    if (text.charCodeAt(position) !== 0x3a) return undefined;
    position++;
    if (position === text.length) return undefined;
    if (text.charCodeAt(position) === 0x3a) {
      if (gap >= 0) return undefined;
      gap = groups.length;
      position++;
    }
  }
  if (gap < 0 ? groups.length !== 8 : groups.length > 7) return undefined;
  if (gap >= 0) groups.splice(gap, 0, ...Array<number>(8 - groups.length).fill(0));
  const word = (index: number): number => (groups[index]! << 16) | groups[index + 1]!;
  return [word(0) >>> 0, word(2) >>> 0, word(4) >>> 0, word(6) >>> 0];
}

/**
 * Reads a client's address. An IPv4-mapped IPv6 address is an IPv4 address (RFC 7208 section 5),
 * and a zone index says nothing to anybody else.
 */
export function parseAddress(text: string): Address | undefined {
  const ip4 = parseIp4(text);
  if (ip4 >= 0) return { family: 4, words: [0, 0, 0, ip4] };
  const zone = text.indexOf('%');
  const words = parseIp6(zone < 0 ? text : text.slice(0, zone));
  if (!words) return undefined;
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) {
    return { family: 4, words: [0, 0, 0, words[3]] };
  }
  return { family: 6, words };
}

/** Writes an address as RFC 5952 wants it read. */
export function formatAddress({ family, words }: Address): string {
  if (family === 4) {
    const value = words[3];
    return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  }
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let [start, length] = [-1, 1];
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
    if (end > i) i = end;
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** The 32 hexadecimal digits of an IPv6 address, upper case as in the examples of RFC 7208 section 7.4. */
export function nibbles(words: Words): string[] {
  return words.flatMap((word) => word.toString(16).toUpperCase().padStart(8, '0').split(''));
}

/** Whether the first `prefix` bits of two IPv4 addresses are the same. */
export function sameNetwork4(a: number, b: number, prefix: number): boolean {
  return prefix === 0 || (a ^ b) >>> (32 - prefix) === 0;
}

/** Whether the first `prefix` bits of two IPv6 addresses are the same. */
export function sameNetwork6(a: Words, b: Words, prefix: number): boolean {
  for (let i = 0, rest = prefix; rest > 0; i++, rest -= 32) {
    const difference = (a[i]! ^ b[i]!) >>> 0;
    if (rest >= 32 ? difference !== 0 : difference >>> (32 - rest) !== 0) return false;
  }
  return true;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
