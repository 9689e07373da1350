import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText, encodeText, parseMain, printMain } from '../src/index.ts';

describe('bytes', () => {
  it('come back exactly, whatever they are', () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.string().map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const bytes = Uint8Array.from(chunks.flatMap((part) => [...part]));
        expect(encodeText(printMain(parseMain(decodeText(bytes))))).toEqual(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], '\uFEFFa'],
    ['Latin-1', [0x61, 0xe9, 0x0a], 'a\uDCE9\n'],
    ['a surrogate in UTF-8', [0xed, 0xb2, 0x80], '\uDCED\uDCB2\uDC80'],
    ['an overlong form', [0xc0, 0x80], '\uDCC0\uDC80'],
    ['a cut-off sequence', [0xf0, 0x9f, 0x98], '\uDCF0\uDC9F\uDC98'],
    ['an astral character', [0xf0, 0x9f, 0x98, 0x80, 0xff], '😀\uDCFF'],
  ])('decode %s', (_, bytes, text) => {
    expect(decodeText(Uint8Array.from(bytes))).toBe(text);
    expect([...encodeText(text)]).toEqual(bytes);
  });

  it('encode a surrogate that no byte became without an error', () => {
    expect([...encodeText('a\uD800b')]).toEqual([0x61, 0xed, 0xa0, 0x80, 0x62]);
  });
});
