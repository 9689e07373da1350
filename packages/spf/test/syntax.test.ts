import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSpf, printSpf, type SpfProblemCode } from '@postern/spf';

const anyRecord = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string().map((text) => `v=spf1 ${text}`),
  fc
    .array(
      fc.constantFrom(
        'v=spf1',
        ' ',
        '  ',
        '-',
        'all',
        'a',
        'mx',
        'ip4:1.2.3.4',
        '/24',
        '//64',
        'include:',
        'x.org',
        '%{',
        '%{d}',
        '%',
        '}',
        'exp=',
        '=',
        ':',
        '\t',
        'é',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

describe('a record read and printed', () => {
  it('is the same text, whatever the text', () => {
    fc.assert(
      fc.property(anyRecord, (text) => {
        expect(printSpf(parseSpf(text))).toBe(text);
      }),
      { numRuns: 3000 },
    );
  });

  it('has terms and problems whose ranges lie in the text', () => {
    fc.assert(
      fc.property(anyRecord, (text) => {
        const { terms, problems, range } = parseSpf(text);
        expect(range).toEqual({ start: 0, end: text.length });
        for (const term of terms) expect(text.slice(term.range.start, term.range.end)).toBe(term.text);
        for (const { range: at, message, advice } of problems) {
          expect(at.start >= 0 && at.start <= at.end && at.end <= text.length).toBe(true);
          expect(message && advice).toBeTruthy();
        }
        expect(terms.some(({ type }) => type === 'invalid')).toBe(
          problems.some(({ code }) => code !== 'no-version' && code !== 'repeated-modifier'),
        );
      }),
      { numRuns: 3000 },
    );
  });
});

it('tells what each term means', () => {
  const { terms, problems } = parseSpf(
    'v=spf1 MX/24//64 ?a:h.x.org ~ip6:2001:db8::/32 exists:%{L1r-}._x.%{d} redirect=y.org x=%{t}',
  );
  expect(problems).toEqual([]);
  expect(terms).toMatchObject([
    { name: 'mx', qualifier: '+', prefix4: 24, prefix6: 64, before: ' ' },
    { name: 'a', qualifier: '?', domain: { text: 'h.x.org' } },
    { name: 'ip6', qualifier: '~', address: '2001:db8::', prefix: 32 },
    {
      name: 'exists',
      domain: {
        parts: [
          { type: 'expand', letter: 'l', url: true, keep: 1, reverse: true, delimiters: '-' },
          { type: 'literal', text: '._x.' },
          { type: 'expand', letter: 'd', url: false, keep: 0, reverse: false, delimiters: '.' },
        ],
      },
    },
    { type: 'modifier', name: 'redirect', value: { text: 'y.org' } },
    { type: 'modifier', name: 'x' },
  ]);
});

describe('a problem', () => {
  const cases: [string, SpfProblemCode, string, RegExp][] = [
    ['v=spf2 a', 'no-version', 'v=spf2', /Begin the record/],
    ['v=spf1 moo', 'unknown-mechanism', 'moo', /mechanisms are/],
    ['v=spf1 redirect:x.org', 'unknown-mechanism', 'redirect', /redirect=/],
    ['v=spf1 192.0.2.1', 'unknown-mechanism', '192.0.2.1', /ip4:192\.0\.2\.1/],
    ['v=spf1 -all:x', 'unexpected-value', ':x', /bare word/],
    ['v=spf1 include', 'missing-value', 'include', /include:/],
    ['v=spf1 a:', 'missing-value', 'a:', /a:name/],
    ['v=spf1 a:192.0.2.1', 'bad-domain', '192.0.2.1', /ip4:192\.0\.2\.1/],
    ['v=spf1 include:x.org/24', 'bad-domain', 'x.org/24', /prefix length/],
    ['v=spf1 exists:%{z}.org', 'bad-macro', '%{z}', /7208/],
    ['v=spf1 exists:%(i).org', 'bad-macro', '%', /%%/],
    ['v=spf1 exists:%{c}.org', 'bad-macro', '%{c}', /7208/],
    ['v=spf1 ip4:1.2.3', 'bad-address', ':1.2.3', /192\.0\.2/],
    ['v=spf1 ip4:2001:db8::1', 'bad-address', ':2001:db8::1', /ip6/],
    ['v=spf1 ip6:192.0.2.1', 'bad-address', ':192.0.2.1', /ip4/],
    ['v=spf1 ip4:1.2.3.4/33', 'bad-prefix', '/33', /0 to 32/],
    ['v=spf1 ip4:1.2.3.4/032', 'bad-prefix', '/032', /0 to 32/],
    ['v=spf1 a//129', 'bad-prefix', '//129', /0 to 128/],
    ['v=spf1 =x', 'bad-modifier-name', '=', /letter/],
    ['v=spf1 redirect=', 'missing-value', 'redirect=', /remove/],
    ['v=spf1 exp=a.org exp=b.org', 'repeated-modifier', 'exp=b.org', /Keep one/],
    ['v=spf1 a:x\u00e9.org', 'bad-character', '\u00e9', /xn--/],
    ['v=spf1 ip4:1.2.3.4\tall', 'bad-address', ':1.2.3.4\tall', /192/],
  ];
  it.each(cases)('in %j is %s at %j', (text, code, at, advice) => {
    const problem = parseSpf(text).problems[0]!;
    expect([problem.code, text.slice(problem.range.start, problem.range.end)]).toEqual([code, at]);
    expect(problem.advice).toMatch(advice);
  });
});

it('reads a hostile record of 64 KB in no time to speak of', () => {
  const hostile = [
    `v=spf1 ${'a:x.org/1'.repeat(7000)}`,
    `v=spf1 a:x.${'1'.repeat(65_000)}!`,
    `v=spf1 a/${'1'.repeat(65_000)}x`,
    `v=spf1 ${'%{'.repeat(32_000)}`,
    `v=spf1${' '.repeat(65_000)}`,
    `v=spf1 ip6:${':'.repeat(65_000)}`,
    `v=spf1 ${'a '.repeat(32_000)}`,
  ];
  for (const text of hostile) expect(printSpf(parseSpf(text))).toBe(text);
});
