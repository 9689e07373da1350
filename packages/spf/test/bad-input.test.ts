import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseZones, fixtureResolver, type Answer, type Resolver } from '@postern/dns';
import { checkSpf, diffSpf, drawTrace, flattenSpf, lintSpf, type SpfResult } from '@postern/spf';
import { resolverOf } from './zones.ts';

const verdicts = ['pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror'];
const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom(
    '',
    '.',
    '@',
    '..',
    'a@',
    '@b',
    '1.2.3.4',
    '::',
    '[::1]',
    'x@[1.2.3.4]',
    '%{d}',
    'é.example.com',
    'xn--',
    '\u0000',
    '\ud800',
    `${'a'.repeat(300)}.com`,
  ),
);
const termish = fc.constantFrom(
  'a',
  'mx',
  'ptr',
  'all',
  '-all',
  'include:',
  'exists:',
  'redirect=',
  'exp=',
  'ip4:',
  'ip6:',
  ':',
  '/',
  '//',
  '%{',
  'p}',
  'd}',
  '%',
  '1.2.3.4',
  '::1',
  '32',
  'example.com',
  'é',
  '\u0000',
  ' ',
  '  ',
);
const record = fc.array(termish, { maxLength: 14 }).map((parts) => `v=spf1 ${parts.join('')}`);

describe('a check', () => {
  it.each([
    ['no address at all', { ip: 'gmail', sender: 'joe@example.com' }, 'temperror', 'bad-client-address'],
    [
      'an address with leading zeros',
      { ip: '192.000.002.001', sender: 'joe@example.com' },
      'temperror',
      'bad-client-address',
    ],
    ['a domain of one label', { ip: '192.0.2.1', sender: 'joe@localhost' }, 'none', 'bad-domain'],
    ['an address literal', { ip: '192.0.2.1', sender: 'joe@[192.0.2.1]' }, 'none', 'bad-domain'],
    [
      'a label of 64 characters',
      { ip: '192.0.2.1', sender: `joe@${'a'.repeat(64)}.com` },
      'none',
      'bad-domain',
    ],
    ['an empty label', { ip: '192.0.2.1', sender: 'joe@a..com' }, 'none', 'bad-domain'],
    [
      'a domain of 254 characters',
      { ip: '192.0.2.1', sender: `joe@${`${'a'.repeat(49)}.`.repeat(5)}comm` },
      'none',
      'bad-domain',
    ],
    [
      'a domain that does not exist',
      { ip: '192.0.2.1', sender: 'joe@gone.example.com' },
      'none',
      'no-record',
    ],
    ['a broken record', { ip: '192.0.2.1', sender: 'joe@broken.example.com' }, 'permerror', 'syntax'],
  ])('of %s has a result', (_title, query, result, code) => {
    const resolver = resolverOf({ 'example.com': 'v=spf1 -all', 'broken.example.com': 'v=spf1 moo' });
    expect(checkSpf({ helo: 'mail.example.com', ...query }, { resolver })).toMatchObject({
      result,
      error: { code },
    });
  });

  it('says where a broken record is broken', () => {
    const text = 'v=spf1 ip4:192.0.2.1 a:1.2.3.4 -all';
    const resolver = resolverOf({ 'example.com': text });
    const { error } = checkSpf(
      { ip: '192.0.2.1', helo: 'x', sender: 'joe@example.com' },
      { resolver },
    ) as SpfResult;
    expect(error).toMatchObject({ code: 'syntax', domain: 'example.com', problem: { code: 'bad-domain' } });
    expect(text.slice(error!.problem!.range.start, error!.problem!.range.end)).toBe('1.2.3.4');
  });

  it('takes a U-label for its A-label', () => {
    const resolver = resolverOf({
      'xn--bcher-kva.example': 'v=spf1 exists:%{o}.list.example.org -all',
      'xn--bcher-kva.example.list.example.org': { A: ['127.0.0.2'] },
    });
    expect(
      checkSpf({ ip: '192.0.2.1', helo: 'x', sender: 'joe@Bücher.example' }, { resolver }),
    ).toMatchObject({ result: 'pass', domain: 'xn--bcher-kva.example' });
  });

  it('never throws, whatever the client and the record say', () => {
    fc.assert(
      fc.property(anything, anything, anything, record, record, (ip, helo, sender, first, second) => {
        const resolver = resolverOf({
          'example.com': { TXT: [[first]], MX: [{ preference: 1, exchange: '.' }] },
          '1.2.3.4': second,
          'd}.example.com': second,
        });
        for (const query of [
          { ip, helo, sender },
          { ip: '192.0.2.1', helo, sender: `${sender}@example.com` },
        ]) {
          const result = checkSpf(query, { resolver }) as SpfResult;
          expect(verdicts).toContain(result.result);
          expect(result.error === null).toBe(!['none', 'temperror', 'permerror'].includes(result.result));
          JSON.stringify(result);
          drawTrace(result);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('never throws, whatever DNS says', async () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom('', '.', 'example.com', 'mx.example.com.'),
    );
    const answer = fc.oneof(
      fc.record({
        status: fc.constant('found'),
        ttl: fc.integer(),
        records: fc.array(name, { maxLength: 12 }),
      }),
      fc.constant({ status: 'nodata', ttl: 0 }),
      fc.constant({ status: 'failed', reason: 'timeout' }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 4, maxLength: 4 }),
        record,
        fc.boolean(),
        async (answers, text, later) => {
          let next = 0;
          const make = (type: string): Answer => {
            const found = answers[next++ % answers.length] as Answer;
            if (type === 'TXT')
              return next === 1 || found.status !== 'found'
                ? { status: 'found', records: [[text]], ttl: 1 }
                : { ...found, records: (found.records as string[]).map((string) => [string]) };
            if (type !== 'MX' || found.status !== 'found') return found;
            return {
              ...found,
              records: (found.records as string[]).map((exchange, preference) => ({ preference, exchange })),
            };
          };
          const resolver = {
            resolve: (_name: string, type: string) => (later ? Promise.resolve(make(type)) : make(type)),
          } as unknown as Resolver;
          const result = await checkSpf(
            { ip: '192.0.2.1', helo: 'x', sender: 'joe@example.com' },
            { resolver },
          );
          expect(verdicts).toContain(result.result);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('takes a resolver that throws or rejects for one that failed', async () => {
    const query = { ip: '192.0.2.1', helo: 'x', sender: 'joe@example.com' };
    const broken = { resolve: () => { throw new Error('broken'); } } as Resolver; // prettier-ignore
    const rejecting = { resolve: () => Promise.reject(new Error('broken')) } as Resolver;
    for (const resolver of [broken, rejecting])
      expect(await checkSpf(query, { resolver })).toMatchObject({
        result: 'temperror',
        error: { code: 'dns' },
      });
  });

  it('has a result for every zone file', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const { zones } = parseZones(text);
        const result = checkSpf(
          { ip: '192.0.2.1', helo: 'x', sender: 'joe@example.com' },
          { resolver: fixtureResolver(zones) },
        ) as SpfResult;
        expect(verdicts).toContain(result.result);
      }),
    );
  });
});

it('lints, flattens and compares anything without throwing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(record, anything), record, async (subject, text) => {
      const resolver = resolverOf({ 'example.com': text, 'mx.example.com': text });
      const lint = await lintSpf(subject, { resolver, domain: 'example.com' });
      expect(Array.isArray(lint.findings)).toBe(true);
      await flattenSpf('example.com', { resolver });
      await diffSpf(subject, text, { resolver, domain: 'example.com' });
    }),
    { numRuns: 1000 },
  );
});
