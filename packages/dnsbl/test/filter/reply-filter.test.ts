import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  matchReplyFilter,
  parseReplyFilter,
  printReplyFilter,
  type FilterProblem,
  type FilterProblemCode,
} from '@postern/dnsbl';

/** What ip_match_parse of Postfix 3.7.11 said to 700 patterns, half of them broken. */
const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/reply-filters.json'), 'utf8'),
) as ({ pattern: string } & ({ printed: string } | { error: string }))[];

const codeOf: Record<string, FilterProblemCode> = {
  'empty address pattern': 'empty',
  'missing "]" character': 'missing-bracket',
  'need decimal number 0..255': 'bad-octet',
  'need decimal number 0..255 or "["': 'bad-octet',
  'numeric range error': 'bad-range',
  'need ";" or "]"': 'bad-separator',
  'need "."': 'missing-dot',
  'garbage after pattern': 'garbage',
};

describe('parseReplyFilter', () => {
  it('accepts and prints what Postfix accepts', () => {
    const accepted = recorded.filter((record) => 'printed' in record);
    expect(accepted.length).toBeGreaterThan(200);
    // A range of one number is printed as the number.
    const expected = accepted.map(({ printed }) => printed.replaceAll(/\b(\d+)\.\.\1\b/g, '$1'));
    const ours = accepted.map(({ pattern }) => {
      const { filter } = parseReplyFilter(pattern);
      return filter ? printReplyFilter(filter) : `refused: ${pattern}`;
    });
    expect(ours).toEqual(expected);
  });

  it('refuses what Postfix refuses, for the same reason and at the same place', () => {
    const refused = recorded.filter((record) => 'error' in record);
    expect(refused.length).toBeGreaterThan(400);
    const expected = refused.map(({ pattern, error }) => {
      const [, what, , before, token] = /^(.*?)( at "(.*)>(.*)<.*")?$/.exec(error)!;
      return {
        pattern,
        code: codeOf[what!],
        ...(token !== undefined && { before: before!.replace(/^\[/, ''), token }),
      };
    });
    const ours = refused.map(({ pattern, error }) => {
      const [{ code, range }] = parseReplyFilter(pattern).problems as [FilterProblem];
      // Postfix shows the text without the outer brackets, our offsets count them.
      const before = pattern.slice(0, range[0]).replace(/^\[/, '');
      const place = { before: before.replace(/^\[/, ''), token: pattern.slice(...range) };
      return { pattern, code, ...(error.includes(' at "') && place) };
    });
    expect(ours).toEqual(
      expected.map((one) => (one.before?.startsWith('[') ? { ...one, before: one.before.slice(1) } : one)),
    );
  });

  it('reads back what it prints, and it matches the same addresses', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const range = fc.tuple(octet, octet).map(([a, b]) => `${Math.min(a, b)}..${Math.max(a, b)}`);
    const field = fc.oneof(
      octet.map(String),
      fc
        .array(fc.oneof(octet.map(String), range), { minLength: 1, maxLength: 4 })
        .map((members) => `[${members.join(';')}]`),
    );
    const pattern = fc.tuple(field, field, field, field).map((fields) => fields.join('.'));
    const address = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
    fc.assert(
      fc.property(pattern, fc.array(address, { maxLength: 20 }), (text, addresses) => {
        const filter = parseReplyFilter(text).filter!;
        const again = parseReplyFilter(printReplyFilter(filter)).filter!;
        expect(again).toEqual(filter);
        for (const one of addresses) {
          const expected = naive(text, one);
          expect(matchReplyFilter(filter, one)).toBe(expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('0123456789.[];,- x\0é😀')) }), (text) => {
        const { filter, problems } = parseReplyFilter(text);
        expect(problems.length).toBe(filter ? 0 : 1);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('matchReplyFilter', () => {
  const zen = parseReplyFilter('127.0.0.[2..11]').filter!;

  it('lets the listing codes of ZEN through and keeps its error codes and parked domains out', () => {
    const answers = ['127.0.0.2', '127.0.0.11', '127.0.0.1', '127.0.0.12', '127.255.255.254', '203.0.113.9'];
    expect(answers.map((answer) => matchReplyFilter(zen, answer))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('matches nothing that is no IPv4 address', () => {
    const texts = [
      '',
      '127.0.0',
      '127.0.0.2.3',
      '127.0.0.02',
      '::ffff:127.0.0.2',
      '127.0.0.2 ',
      '127.0.0.256',
      'x',
    ];
    expect(texts.filter((text) => matchReplyFilter(zen, text))).toEqual([]);
  });
});

/** The filter as a regular expression would have it: field by field, number by number. */
function naive(pattern: string, address: string): boolean {
  const fields = pattern.match(/\[[^\]]*\]|\d+/g)!;
  return address.split('.').every((octet, index) =>
    fields[index]!.replaceAll(/[[\]]/g, '')
      .split(';')
      .some((member) => {
        const [low, high = low] = member.split('..');
        return Number(octet) >= Number(low) && Number(octet) <= Number(high);
      }),
  );
}
