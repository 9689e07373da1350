import { isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4Bytes, ipv6Bytes, ipv6Text } from '../src/address.ts';

describe('an address', () => {
  it.each([
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is written %s', (text, canonical) => expect(ipv6Text(ipv6Bytes(text)!)).toBe(canonical));

  it.each(['1.2.3', '256.1.1.1', '01.2.3.4', '1.2.3.4.5', ''])('%j is no IPv4 address', (text) =>
    expect(ipv4Bytes(text)).toBeUndefined(),
  );

  it('is IPv6 exactly when the platform says so', () => {
    const piece = fc.constantFrom(':', '::', '0', '1', 'ffff', 'abcd', '10000', '1.2.3.4', '.', 'g');
    const text = fc.oneof(
      fc.ipV6(),
      fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(text, (address) => {
        expect(ipv6Bytes(address) !== undefined).toBe(isIPv6(address));
      }),
      {
        numRuns: 2000,
      },
    );
  });

  it('is the same sixteen bytes after it was written down', () => {
    const bytes = fc.array(fc.constantFrom(0, 0, 0, 1, 255, 171), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, (sixteen) => {
        expect(ipv6Bytes(ipv6Text(sixteen))).toEqual(sixteen);
      }),
    );
  });
});
