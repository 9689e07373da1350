import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtureResolver, parseZones } from '@postern/dns';
import { lintSpf } from '@postern/spf';
import { resolverOf, type ShortZones } from './zones.ts';

const folder = join(import.meta.dirname, 'fixtures/lint');

async function rules(zones: ShortZones): Promise<string[]> {
  const { findings } = await lintSpf('example.com', { resolver: resolverOf(zones) });
  return findings.map(({ rule, level }) => `${level} ${rule}`);
}

describe('a linted domain', () => {
  it.each([
    ['v=spf1 +all', ['error all-passes']],
    ['v=spf1 ip4:192.0.2.1 ?all', ['warning all-neutral']],
    ['v=spf1 ip4:192.0.2.1', ['warning no-end']],
    ['v=spf1 -all ip4:192.0.2.1', ['warning after-all']],
    ['v=spf1 -all redirect=x.example.net', ['warning redirect-beside-all']],
    ['v=spf1 ptr -all', ['warning ptr']],
    ['v=spf1 exists:%{p}.x.example.net -all', ['warning ptr-macro']],
    ['v=spf1 ip4:192.0.2.77/24 -all', ['warning host-bits']],
    ['v=spf1 ip4:0.0.0.0/0 -all', ['error wide-network']],
    ['v=spf1 ip4:10.0.0.0/8 -all', ['warning wide-network']],
    ['v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.7 -all', ['note repeated-addresses']],
    ['v=spf1 exists:h.example.net -all', ['warning exists-without-macro']],
    ['v=spf1 ip4=192.0.2.1 -all', ['error unknown-modifier']],
    ['v=spf1 x=y -all', ['note unknown-modifier']],
    ['v=spf1 a:192.0.2.1 -all', ['error bad-domain']],
    ['v=spf1 include:gone.example.net -all', ['error target-without-record']],
    ['v=spf1 include:twice.example.net -all', ['error target-without-record']],
    ['v=spf1 include:broken.example.net -all', ['error broken-target']],
    ['v=spf1 include:open.example.net -all', ['error passes-everybody']],
    ['v=spf1 include:example.com -all', ['error lookup-budget', 'error include-loop']],
    ['v=spf1 a:gone.example.net -all', ['warning void-lookup']],
    ['v=spf1 a:h.example.net -all', ['note void-lookup']],
    ['v=spf1 a:x..example.net -all', ['warning dead-term']],
    ['v=spf1 mx:eleven.example.net -all', ['error mx-limit']],
    ['v=spf1 -all exp=gone.example.net', ['warning explanation']],
    ['v=spf1 -all exp=twice.example.net', ['warning explanation']],
    ['v=spf1 -all exp=why.example.net', []],
    [
      `v=spf1 ${Array.from({ length: 40 }, (_, index) => `ip4:192.0.2.${index * 2}`).join(' ')} -all`,
      ['warning size'],
    ],
    ['v=spf1 ip4:192.0.2.0/24 include:good.example.net -all', []],
    ['v=spf1 -all', []],
  ])('%s: %j', async (text, expected) => {
    expect(
      await rules({
        'example.com': text,
        'h.example.net': { A: ['198.51.100.1'] },
        'good.example.net': 'v=spf1 ip4:192.0.2.1 ~all',
        'open.example.net': 'v=spf1 +all',
        'broken.example.net': 'v=spf1 moo',
        'twice.example.net': { TXT: [['v=spf1 -all'], ['v=spf1 ~all']] },
        'why.example.net': { TXT: [['See %{o} or %{c}.']] },
        'eleven.example.net': {
          MX: Array.from({ length: 11 }, (_, index) => ({
            preference: index,
            exchange: `m${index}.example.net`,
          })),
        },
      }),
    ).toEqual(expected);
  });

  it('has one record among many TXT records, and no other', async () => {
    const others = Array.from({ length: 59 }, (_, index) => [`token-${index}=abc`]);
    expect(await rules({ 'example.com': { TXT: [...others, ['v=spf1 ', '-all']] } })).toEqual([]);
    expect(await rules({ 'example.com': { TXT: others } })).toEqual(['error no-record']);
    expect(await rules({ 'example.com': { TXT: [['v=spf1 -all'], ['v=spf1 ~all']] } })).toEqual([
      'error multiple-records',
    ]);
    expect(await rules({ 'example.com': { TXT: [[' v=spf1 -all'], ['spf2.0/pra']] } })).toEqual([
      'error no-record',
      'warning almost-a-record',
      'warning almost-a-record',
    ]);
    expect(await rules({ 'example.com': 'SERVFAIL' })).toEqual(['error dns']);
  });

  it('has a budget of ten lookups: nine are a warning, ten still work, eleven do not', async () => {
    const zones = (count: number): ShortZones => ({
      'example.com': `v=spf1 ${Array.from({ length: count }, (_, index) => `a:h${index}.example.net`).join(' ')} -all`,
      ...Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `h${index}.example.net`,
          { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
        ]),
      ),
    });
    expect(await rules(zones(8))).toEqual([]);
    expect(await rules(zones(9))).toEqual(['warning lookup-budget']);
    expect(await rules(zones(10))).toEqual(['warning lookup-budget']);
    expect(await rules(zones(11))).toEqual(['error lookup-budget']);
  });

  it('has a budget of two void lookups, counted for each family', async () => {
    const host = { A: ['192.0.2.1'] };
    const zones = (hosts: number): ShortZones => ({
      'example.com': `v=spf1 ${['a:x.example.net', 'a:y.example.net', 'a:z.example.net'].slice(0, hosts).join(' ')} -all`,
      'x.example.net': host,
      'y.example.net': host,
      'z.example.net': host,
    });
    expect(await rules(zones(2))).not.toContain('error void-budget');
    const { findings, budget } = await lintSpf('example.com', { resolver: resolverOf(zones(3)) });
    expect(budget!.void).toEqual({ ip4: 0, ip6: 3 });
    expect(findings.find(({ rule }) => rule === 'void-budget')?.message).toMatch(/^for IPv6 clients 3 terms/);
  });
});

it('looks at a record alone where it has nobody to ask, and says what it does not know', async () => {
  const { findings, budget } = await lintSpf('v=spf1 mx include:_spf.example.net -all');
  expect(findings).toEqual([]);
  expect(budget).toMatchObject({
    lookups: 2,
    complete: false,
    terms: [{ term: 'mx', lookups: 1, unknown: 'DNS was not asked' }, { lookups: 1 }, { lookups: 0 }],
  });
});

it('points into the record', async () => {
  const text = 'v=spf1 mx ip4:192.0.2.77/24 -all';
  const { findings } = await lintSpf(text);
  expect(findings.map(({ range }) => text.slice(range!.start, range!.end))).toEqual(['ip4:192.0.2.77/24']);
});

it.each(['', 'localhost', '::1', 'a b'])('refuses %j as a subject', async (subject) => {
  expect((await lintSpf(subject, { resolver: resolverOf({}) })).findings).toMatchObject([
    { rule: 'bad-domain' },
  ]);
});

describe('the budget of each term', () => {
  const names = readdirSync(folder).filter((file) => file.endsWith('.zone.json'));
  it.each(names)('%s', async (file) => {
    const { zones, problems } = parseZones(readFileSync(join(folder, file), 'utf8'));
    expect(problems).toEqual([]);
    const expected: unknown = JSON.parse(
      readFileSync(join(folder, file.replace('.zone.', '.expected.')), 'utf8'),
    );
    expect(
      JSON.parse(JSON.stringify(await lintSpf('example.com', { resolver: fixtureResolver(zones) }))),
    ).toEqual(expected);
  });
});
