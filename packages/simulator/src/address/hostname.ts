import { addressBytes } from '../tables/network.ts';

/** Whether Postfix takes the text for a host name: labels of at most 63, 255 in all, and not all digits. @see valid_hostname(3) */
export function isHostname(name: string): boolean {
  if (name === '' || name.length > 255) return false;
  let label = 0;
  let named = false;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    const digit = code >= 48 && code <= 57;
    if (digit || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95) {
      if (++label > 63) return false;
      if (!digit) named = true;
    } else if (code === 46) {
      if (label === 0 || at + 1 === name.length) return false;
      label = 0;
    } else if (code === 45) {
      label++;
      named = true;
      const next = name.charCodeAt(at + 1);
      if (label === 1 || Number.isNaN(next) || next === 46) return false;
    } else {
      return false;
    }
  }
  return named;
}

/** Whether the text is an IPv4 or IPv6 address as Postfix reads one. @see valid_hostaddr(3) */
export function isHostAddress(text: string): boolean {
  if (text.includes(':')) return addressBytes(text) !== undefined;
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(text)) return false;
  const octets = text.split('.').map(Number);
  return octets.every((octet) => octet <= 255) && (octets[0] !== 0 || octets.every((octet) => octet === 0));
}

/** The address in `192.0.2.1` or `IPv6:2001:db8::1`, as it stands between the brackets of a literal. @see valid_mailhost_addr(3) */
export function mailHostAddress(text: string): string | undefined {
  const address = /^ipv6:/i.test(text) ? text.slice(5) : text;
  if (address !== text ? !address.includes(':') : false) return undefined;
  return isHostAddress(address) ? address : undefined;
}

/** Cuts one dot at the end, but not the second of two. */
export function withoutFinalDot(name: string): string {
  return name.length > 1 && name.endsWith('.') && name.at(-2) !== '.' ? name.slice(0, -1) : name;
}

/** One spelling for each address, so that texts can be compared: IPv6 as inet_ntop(3) writes it. */
export function canonicalAddress(address: string): string {
  if (!address.includes(':')) return address;
  const bytes = addressBytes(address);
  if (!bytes) return address.toLowerCase();
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[index * 2]! << 8) | bytes[index * 2 + 1]!);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${bytes.slice(12).join('.')}`;
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return best.start < 0
    ? text(groups)
    : `${text(groups.slice(0, best.start))}::${text(groups.slice(best.start + best.length))}`;
}
