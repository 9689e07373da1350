/** IP addresses as text and as bytes. */

/** The four bytes of a dotted quad, or undefined. Leading zeros are refused: some read them as octal. */
export function ipv4Bytes(text: string): number[] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  const parts = match.slice(1);
  if (parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0')))) return undefined;
  return parts.map(Number);
}

/** The sixteen bytes of an IPv6 address in any of its spellings (RFC 4291, 2.2), or undefined. */
export function ipv6Bytes(text: string): number[] | undefined {
  if (!/^[\da-f:.]{2,45}$/i.test(text)) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupBytes(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groupBytes(halves[1]!, true) : [];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** An IPv6 address as RFC 5952 writes it; IPv4-mapped ones keep their dotted quad. */
export function ipv6Text(bytes: ArrayLike<number>, offset = 0): string {
  const groups: number[] = [];
  for (let at = offset; at < offset + 16; at += 2) groups.push((bytes[at]! << 8) | bytes[at + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${bytes[offset + 12]}.${bytes[offset + 13]}.${bytes[offset + 14]}.${bytes[offset + 15]}`;
  const zeros = longestZeros(groups);
  const hex = groups.map((group) => group.toString(16));
  if (zeros.length < 2) return hex.join(':');
  return `${hex.slice(0, zeros.start).join(':')}::${hex.slice(zeros.start + zeros.length).join(':')}`;
}

/** The colon-separated groups of one side of `::`; a dotted quad may stand last. */
function groupBytes(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (isLast && index === groups.length - 1 && group.includes('.')) {
      const quad = ipv4Bytes(group);
      if (!quad) return undefined;
      bytes.push(...quad);
    } else {
      if (!/^[\da-f]{1,4}$/i.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
