import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixtureResolver, parseZones } from '../../src/fixture.ts';

const place = (text: string, part: string): { start: number; end: number } => ({
  start: text.indexOf(part),
  end: text.indexOf(part) + part.length,
});

describe('a zone file', () => {
  it('gives its records by name and type', () => {
    const { zones, problems } = parseZones(
      '{ "Example.com.": { "A": ["192.0.2.1"], "MX": [{ "preference": 10, "exchange": "MX.example.com." }] }, "x.example": "TIMEOUT" }',
    );
    expect(problems).toEqual([]);
    expect(zones).toEqual({
      'example.com': { A: ['192.0.2.1'], MX: [{ preference: 10, exchange: 'mx.example.com' }] },
      'x.example': 'TIMEOUT',
    });
  });

  it('says where it stops being JSON', () => {
    const text = '{ "a.example": { "A": ["192.0.2.1",] } }';
    expect(parseZones(text)).toEqual({
      zones: {},
      problems: [{ code: 'json-syntax', message: 'a comma before ]', range: place(text, ']') }],
    });
  });

  it.each([
    ['[]', 'bad-shape', '[]'],
    ['{ "a..b": {} }', 'bad-name', '"a..b"'],
    ['{ "a.b": {}, "A.B.": {} }', 'duplicate', '"A.B."'],
    ['{ "a.b": [] }', 'bad-shape', '[]'],
    ['{ "a.b": "FAIL" }', 'bad-shape', '"FAIL"'],
    ['{ "a.b": { "SRV": [] } }', 'unknown-type', '"SRV"'],
    ['{ "a.b": { "A": [], "a": [] } }', 'duplicate', '"a"'],
    ['{ "a.b": { "A": "192.0.2.1" } }', 'bad-shape', '"192.0.2.1"'],
    ['{ "a.b": { "A": ["192.0.2"] } }', 'bad-record', '"192.0.2"'],
    ['{ "a.b": { "AAAA": ["1:2"] } }', 'bad-record', '"1:2"'],
    ['{ "a.b": { "TXT": ["v=spf1 -all"] } }', 'bad-record', '"v=spf1 -all"'],
    ['{ "a.b": { "TXT": [["\u2713"]] } }', 'bad-record', '["\u2713"]'],
    [`{ "a.b": { "TXT": [["${'x'.repeat(256)}"]] } }`, 'bad-record', `["${'x'.repeat(256)}"]`],
    [
      '{ "a.b": { "MX": [{ "preference": 65536, "exchange": "m" }] } }',
      'bad-record',
      '{ "preference": 65536, "exchange": "m" }',
    ],
    ['{ "a.b": { "A": { "ttl": -1, "records": [] } } }', 'bad-ttl', '-1'],
    ['{ "a.b": { "A": { "ttl": 1 } } }', 'bad-shape', '{ "ttl": 1 }'],
    ['{ "a.b": { "CNAME": ["c"], "A": ["192.0.2.1"] } }', 'cname-beside-data', '"CNAME"'],
    ['{ "a.b": {} } x', 'json-syntax', 'x'],
    ['{ "a.b": "\\x" }', 'json-syntax', '"\\x"'],
  ])('%s is a problem: %s', (text, code, part) => {
    const { problems } = parseZones(text);
    expect(problems.map((problem) => problem.code)).toEqual([code]);
    expect(problems[0]!.range).toEqual(place(text, part));
  });

  it('does not follow nesting that no zone file has', () => {
    const { problems } = parseZones(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(problems).toMatchObject([{ code: 'json-syntax', range: { start: 17, end: 18 } }]);
  });

  it('keeps what is right beside what is wrong', () => {
    const { zones, problems } = parseZones('{ "a.b": { "A": ["192.0.2.1", 7, "192.0.2.2"] }, "": {} }');
    expect(zones).toEqual({ 'a.b': { A: ['192.0.2.1', '192.0.2.2'] } });
    expect(problems).toHaveLength(2);
  });

  it('never throws, and reads as JSON exactly what JSON.parse reads', () => {
    const json = fc.json({ maxDepth: 4 });
    const broken = fc.tuple(json, fc.nat(), fc.string()).map(([text, where, noise]) => {
      const cut = where % (text.length + 1);
      return text.slice(0, cut) + noise + text.slice(cut);
    });
    fc.assert(
      fc.property(fc.oneof(json, broken, fc.string()), (text) => {
        const { problems } = parseZones(text);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(problems.some(({ code }) => code === 'json-syntax')).toBe(!isJson);
        for (const { range } of problems)
          expect(range.end <= text.length && range.start <= range.end).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a resolver over zones', () => {
  const resolver = fixtureResolver({
    'example.com': {
      SOA: [
        {
          primary: 'ns.example.com',
          admin: 'h.example.com',
          serial: 1,
          refresh: 1,
          retry: 1,
          expire: 1,
          minimum: 60,
        },
      ],
      A: ['192.0.2.1'],
      AAAA: ['2001:DB8::0:1'],
      MX: 'SERVFAIL',
      TXT: { ttl: 30, records: [['v=spf1 ', '-all']] },
    },
    'deep.down.example.com': { A: ['192.0.2.2'] },
    'www.example.com': { CNAME: { ttl: 20, records: ['Example.COM.'] } },
    'lost.example.com': { CNAME: ['gone.example.com'] },
    'loop.example.com': { CNAME: ['loop.example.com'] },
    '*.wild.example.com': { A: ['192.0.2.3'] },
    'dead.example.com': 'TIMEOUT',
    'bücher.example': { A: ['192.0.2.4'] },
  });

  it.each([
    ['EXAMPLE.com.', 'A', { status: 'found', records: ['192.0.2.1'], ttl: 300 }],
    ['example.com', 'AAAA', { status: 'found', records: ['2001:db8::1'], ttl: 300 }],
    ['example.com', 'TXT', { status: 'found', records: [['v=spf1 ', '-all']], ttl: 30 }],
    ['example.com', 'MX', { status: 'failed', reason: 'servfail' }],
    ['example.com', 'PTR', { status: 'nodata', ttl: 60 }],
    ['down.example.com', 'A', { status: 'nodata', ttl: 60 }],
    ['nothing.example.com', 'A', { status: 'nxdomain', ttl: 60 }],
    ['nothing.example', 'A', { status: 'nxdomain', ttl: 300 }],
    ['www.example.com', 'A', { status: 'found', records: ['192.0.2.1'], ttl: 20 }],
    ['www.example.com', 'CNAME', { status: 'found', records: ['example.com'], ttl: 20 }],
    ['www.example.com', 'PTR', { status: 'nodata', ttl: 20 }],
    ['lost.example.com', 'A', { status: 'nxdomain', ttl: 60 }],
    ['a.b.wild.example.com', 'A', { status: 'found', records: ['192.0.2.3'], ttl: 300 }],
    ['dead.example.com', 'A', { status: 'failed', reason: 'timeout' }],
    ['Bücher.example', 'A', { status: 'found', records: ['192.0.2.4'], ttl: 300 }],
  ] as const)('answers %s %s', (name, type, answer) => {
    expect(resolver.resolve(name, type)).toEqual(answer);
    expect(resolver.resolve(name, type)).toEqual(answer);
  });

  it('gives up on a circle of aliases and on a name that cannot exist', () => {
    expect(resolver.resolve('loop.example.com', 'A')).toMatchObject({
      status: 'failed',
      reason: 'cname-loop',
    });
    expect(resolver.resolve('a..b', 'A')).toMatchObject({ status: 'failed', reason: 'bad-name' });
  });

  it('answers nothing to a caller who has already left', () => {
    expect(resolver.resolve('example.com', 'A', { signal: AbortSignal.abort() })).toEqual({
      status: 'failed',
      reason: 'aborted',
    });
  });

  it('follows sixteen aliases and not seventeen', () => {
    const chain = (length: number) => {
      const links = Array.from(
        { length },
        (_, at) => [`c${at}.example`, { CNAME: [`c${at + 1}.example`] }] as const,
      );
      return fixtureResolver({
        ...Object.fromEntries(links),
        [`c${length}.example`]: { A: ['192.0.2.9'] },
      }).resolve('c0.example', 'A');
    };
    expect(chain(16).status).toBe('found');
    expect(chain(17)).toMatchObject({ status: 'failed', reason: 'cname-loop' });
  });
});

it('keep a null MX (RFC 7505) through reading and answering', () => {
  const { zones, problems } = parseZones(
    '{ "nomail.example": { "MX": [{ "preference": 0, "exchange": "." }] } }',
  );
  expect(problems).toEqual([]);
  expect(fixtureResolver(zones).resolve('nomail.example', 'MX')).toMatchObject({
    status: 'found',
    records: [{ preference: 0, exchange: '' }],
  });
});
