import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalName, labelText, nameLabels, parentName } from '../src/name.ts';

describe('a domain name', () => {
  it.each([
    ['Example.COM.', 'example.com'],
    ['_dmarc.example.com', '_dmarc.example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER。example', 'xn--bcher-kva.example'],
    ['1/2.0.192.in-addr.arpa', '1/2.0.192.in-addr.arpa'],
    [String.raw`john\.doe.example.com`, String.raw`john\.doe.example.com`],
    [String.raw`a\032b.example`, String.raw`a\032b.example`],
    ['a b.example', String.raw`a\032b.example`],
    [String.raw`\065.example`, 'a.example'],
    ['.', ''],
    [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
  ])('%s is written %s', (written, canonical) => expect(canonicalName(written)).toBe(canonical));

  it.each([
    '',
    '..',
    'a..b',
    '.a',
    'a.b..',
    'a'.repeat(64),
    `${'a'.repeat(63)}.`.repeat(3) + 'a'.repeat(62),
    'a\\',
    String.raw`\256.example`,
    String.raw`\12.example`,
    'xn--\u00fc.example',
    '\u00fc/x.example',
  ])('%j cannot exist', (written) => expect(canonicalName(written)).toBeUndefined());

  it('may be 255 bytes on the wire and not one more', () => {
    const labels = `${'a'.repeat(63)}.`.repeat(3);
    expect(canonicalName(labels + 'a'.repeat(61))).toBe(labels + 'a'.repeat(61));
    expect(canonicalName(labels + 'a'.repeat(62))).toBeUndefined();
  });

  it('is the same name again after it was made canonical, whatever was written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.domain()), (written) => {
        const name = canonicalName(written);
        if (name === undefined || name === '') return;
        expect(canonicalName(name)).toBe(name);
      }),
    );
  });

  it('keeps every byte of every label', () => {
    const label = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 6 }), (labels) => {
        const lower = labels.map((bytes) =>
          bytes.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte)),
        );
        expect(nameLabels(labels.map(labelText).join('.'))).toEqual(lower);
      }),
    );
  });

  it('has a parent up to the root', () => {
    expect(parentName(String.raw`a\.b.c`)).toBe('c');
    expect(parentName('c')).toBe('');
    expect(parentName('')).toBeUndefined();
  });
});
