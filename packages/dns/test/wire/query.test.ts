import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dns2Codec } from '../../bench/dns2-codec.ts';
import { labelText } from '../../src/name.ts';
import { encodeQuery } from '../../src/wire/query.ts';
import { typeCodes } from '../../src/wire/message.ts';
import type { RecordType } from '../../src/index.ts';

const plainLabel = fc.stringMatching(/^[a-z0-9_-]{1,20}$/);
const plainName = fc.array(plainLabel, { minLength: 1, maxLength: 8 }).map((labels) => labels.join('.'));
const anyType = fc.constantFrom(...(Object.keys(typeCodes) as RecordType[]));

describe('a query on the wire', () => {
  it('is byte for byte what dns2 writes', () => {
    fc.assert(
      fc.property(plainName, anyType, fc.integer({ min: 0, max: 65_535 }), (name, type, id) => {
        expect(encodeQuery({ name, type }, id, false)).toEqual(dns2Codec.encode({ name, type }, id, false));
      }),
    );
  });

  it('spells the name in random case, and changes nothing else', () => {
    fc.assert(
      fc.property(plainName, (name) => {
        const [plain, mixed] = [false, true].map(
          (mixedCase) => encodeQuery({ name, type: 'A' }, 1, mixedCase).packet,
        );
        expect(mixed!.toString('latin1').toLowerCase()).toBe(plain!.toString('latin1').toLowerCase());
      }),
    );
    const spellings = new Set(
      Array.from({ length: 50 }, () =>
        encodeQuery({ name: 'abcdefghijklmnop.example', type: 'A' }, 1, true).packet.toString('latin1'),
      ),
    );
    expect(spellings.size).toBe(50);
  });

  it('carries any byte in a label', () => {
    const label = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 5 }), (labels) => {
        const { packet, questionEnd } = encodeQuery(
          { name: labels.map(labelText).join('.'), type: 'TXT' },
          1,
          false,
        );
        const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte);
        const wire = labels.flatMap((bytes) => [bytes.length, ...bytes.map(lower)]);
        expect([...packet.subarray(12, questionEnd)]).toEqual([...wire, 0, 0, 16, 0, 1]);
      }),
    );
  });

  it('asks for the root', () => {
    const { packet, questionEnd } = encodeQuery({ name: '', type: 'NS' }, 0xabcd, true);
    expect(packet.toString('hex')).toBe('abcd01200001000000000001000002000100002904d0000000000000');
    expect(questionEnd).toBe(17);
  });
});
