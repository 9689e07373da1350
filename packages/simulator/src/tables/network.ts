/** An address or network as bytes: 4 for IPv4, 16 for IPv6. */
export interface Network {
  readonly bytes: readonly number[];
  /** Leading bits that count. */
  readonly prefix: number;
}

/** Addresses that were read lately: one session asks for the client's again and again. */
const lately = new Map<string, readonly number[] | undefined>();
const mostLately = 256;

/** The bytes of an address, or undefined when the text is none. */
export function addressBytes(text: string): readonly number[] | undefined {
  const known = lately.get(text);
  if (known !== undefined || lately.has(text)) return known;
  if (lately.size >= mostLately) lately.clear();
  const bytes = text.includes(':') ? v6Bytes(text) : v4Bytes(text);
  lately.set(text, bytes);
  return bytes;
}

/**
 * `address` or `address/prefix`, IPv6 also as `[address]/prefix`.
 *
 * @returns the network, or what is wrong with the text (host bits set is an error to Postfix, cidr_match(3))
 */
export function parseNetwork(text: string): Network | string {
  const match = /^(\[[^\]]*\]|[^/]*)(?:\/(.*))?$/.exec(text);
  const address = match?.[1]?.replace(/^\[(.*)\]$/, '$1') ?? '';
  const bytes = addressBytes(address);
  if (!bytes) return `bad address pattern: ${JSON.stringify(text)}`;
  const bits = bytes.length * 8;
  const prefixText = match?.[2];
  if (prefixText === undefined) return { bytes, prefix: bits };
  if (!/^\d{1,3}$/.test(prefixText) || Number(prefixText) > bits)
    return `bad net/mask pattern: ${JSON.stringify(text)}`;
  const prefix = Number(prefixText);
  const hostBits = bytes.some((byte, index) => {
    const counting = Math.min(8, Math.max(0, prefix - index * 8));
    return (byte & (0xff >> counting)) !== 0;
  });
  if (hostBits) return `non-null host address bits in ${JSON.stringify(text)}`;
  return { bytes, prefix };
}

export function networkContains({ bytes, prefix }: Network, address: readonly number[]): boolean {
  if (address.length !== bytes.length) return false;
  for (let index = 0, left = prefix; left > 0; index++, left -= 8) {
    const mask = left >= 8 ? 0xff : (0xff << (8 - left)) & 0xff;
    if ((address[index]! & mask) !== (bytes[index]! & mask)) return false;
  }
  return true;
}

const dot = 46;
const zero = 48;

function v4Bytes(text: string): number[] | undefined {
  if (text.length > 15) return undefined;
  const bytes = [0, 0, 0, 0];
  let part = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === dot) {
      if (digits === 0 || ++part > 3) return undefined;
      digits = 0;
    } else {
      if (code < zero || code > zero + 9 || ++digits > 3) return undefined;
      bytes[part] = bytes[part]! * 10 + code - zero;
      if (bytes[part]! > 255) return undefined;
    }
  }
  return part === 3 && digits > 0 ? bytes : undefined;
}

function v6Bytes(text: string): number[] | undefined {
  if (!/^[\da-f:.]+$/i.test(text)) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => groupBytes(half));
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const zeros = 16 - head.length - (tail?.length ?? 0);
  if (halves.length === 1 ? zeros !== 0 : zeros < 0) return undefined;
  return [...head, ...Array.from({ length: zeros }, () => 0), ...(tail ?? [])];
}

function groupBytes(half: string): number[] | undefined {
  if (half === '') return [];
  const bytes: number[] = [];
  const groups = half.split(':');
  for (const [index, group] of groups.entries()) {
    const quad = index === groups.length - 1 && group.includes('.') ? v4Bytes(group) : undefined;
    if (quad) bytes.push(...quad);
    else if (/^[\da-f]{1,4}$/i.test(group))
      bytes.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}
