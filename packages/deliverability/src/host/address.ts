import { isIPv4, isIPv6 } from 'node:net';

/** The eight groups of an IPv6 address as four hexadecimal digits each. */
export function groupsOf(address: string): string[] {
  const plain = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_, a, b, c, d) =>
      `${((Number(a) << 8) | Number(b)).toString(16)}:${((Number(c) << 8) | Number(d)).toString(16)}`,
  );
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right].map((group) =>
    group.toLowerCase().padStart(4, '0'),
  );
}

/** The name under which an address's own names stand (RFC 1035 section 3.5, RFC 3596 section 2.5). */
export function reverseName(address: string): string {
  return isIPv4(address)
    ? `${address.split('.').toReversed().join('.')}.in-addr.arpa`
    : `${groupsOf(address).join('').split('').toReversed().join('.')}.ip6.arpa`;
}

/** Whether two texts are one address. */
export function sameAddress(left: string, right: string): boolean {
  if (isIPv4(left) || isIPv4(right)) return left === right;
  return isIPv6(left) && isIPv6(right) && groupsOf(left).join() === groupsOf(right).join();
}
