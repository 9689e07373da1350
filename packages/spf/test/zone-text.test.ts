import fc from 'fast-check';
import { expect, it } from 'vitest';
import { zoneJson, zoneLine, zoneStrings } from '@postern/spf';

const long = `v=spf1 ${Array.from({ length: 30 }, (_, index) => `ip4:192.0.2.${index}`).join(' ')} -all`;

it('cuts a record into strings of at most 255 bytes that join to the record', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 1200 }), (text) => {
      const strings = zoneStrings(text);
      expect(strings.every((string) => string.length <= 255)).toBe(true);
      expect(strings.join('')).toBe(text);
    }),
  );
});

it.each([
  [255, 1],
  [256, 2],
  [510, 2],
  [511, 3],
])('makes of %i bytes without a space %i strings', (bytes, strings) => {
  expect(zoneStrings('x'.repeat(bytes))).toHaveLength(strings);
});

it('cuts between terms where it can', () => {
  const [first, second] = zoneStrings(long);
  expect(first).toMatch(/ $/);
  expect(second).toMatch(/^ip4:/);
});

it('refuses what has no byte', () => {
  expect(() => zoneStrings('v=spf1 a:\u0151.example.com')).toThrow(/xn--/);
});

it('writes a line of a zone file', () => {
  expect(zoneLine('example.com', 'v=spf1 mx -all')).toBe('example.com. 3600 IN TXT "v=spf1 mx -all"');
  expect(zoneLine('@', 'say "a\\b"\u0007', 60)).toBe('@ 60 IN TXT "say \\"a\\\\b\\"\\007"');
  expect(zoneLine('example.com.', long)).toMatch(
    /^example\.com\. 3600 IN TXT "v=spf1 [^"]+" "ip4[^"]+-all"$/,
  );
});

it('writes JSON that a fixture resolver reads', () => {
  expect(zoneJson('example.com.', 'v=spf1 mx -all')).toEqual({
    'example.com': { TXT: [['v=spf1 mx -all']] },
  });
});
