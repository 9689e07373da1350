import { describe, expect, it } from 'vitest';
import { fixtureResolver, type Zones } from '@postern/dns';
import {
  checkSpf,
  diffSpf,
  flattenSpf,
  parseSpf,
  zoneJson,
  type FlattenedSpf,
  type FlattenOptions,
  type SpfResult,
} from '@postern/spf';
import { Random } from './random.ts';
import { resolverOf, zonesOf, type ShortZones } from './zones.ts';

function flatten(zones: ShortZones, options: Partial<FlattenOptions> = {}): Promise<FlattenedSpf> {
  return flattenSpf('example.com', { resolver: resolverOf(zones), ...options });
}

async function textOf(zones: ShortZones): Promise<string> {
  const { records } = await flatten(zones);
  expect(records).toHaveLength(1);
  return records[0]!.text;
}

describe('a flattened record', () => {
  it('holds the addresses of both families', async () => {
    const zones = {
      'example.com': {
        TXT: [['v=spf1 a mx include:_spf.example.net -all']],
        A: ['192.0.2.1'],
        AAAA: ['2001:db8::1'],
        MX: [{ preference: 1, exchange: 'mx.example.com' }],
      },
      'mx.example.com': { A: ['192.0.2.2'], AAAA: ['2001:db8::2'] },
      '_spf.example.net': 'v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ~all',
    };
    expect(await textOf(zones)).toBe(
      'v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 ip4:198.51.100.0/24 ip6:2001:db8::1 ip6:2001:db8::2 ip6:2001:db8:1::/48 -all',
    );
  });

  it('merges networks that touch or overlap, in both families', async () => {
    expect(
      await textOf({
        'example.com':
          'v=spf1 ip4:192.0.2.128/25 ip4:192.0.2.0/25 ip4:192.0.2.7 ip6:2001:db8:1::/48 ip6:2001:db8::/48 -all',
      }),
    ).toBe('v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/47 -all');
  });

  it('clears host bits and says so', async () => {
    const { records, notes } = await flatten({ 'example.com': 'v=spf1 ip4:192.0.2.77/24 -all' });
    expect(records[0]!.text).toBe('v=spf1 ip4:192.0.2.0/24 -all');
    expect(notes).toMatchObject([{ code: 'host-bits', term: 'ip4:192.0.2.77/24' }]);
  });

  it('applies the prefixes of a and mx', async () => {
    expect(
      await textOf({
        'example.com': { TXT: [['v=spf1 a/24//64 -all']], A: ['192.0.2.77'], AAAA: ['2001:db8::77'] },
      }),
    ).toBe('v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/64 -all');
  });

  it('keeps the -all of the record it redirects to', async () => {
    expect(
      await textOf({
        'example.com': 'v=spf1 ip4:192.0.2.1 redirect=_spf.example.net',
        '_spf.example.net': 'v=spf1 ip4:192.0.2.2 -all',
      }),
    ).toBe('v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all');
  });

  it('does not invent an end that the redirect’s record lacks', async () => {
    expect(
      await textOf({
        'example.com': 'v=spf1 redirect=_spf.example.net',
        '_spf.example.net': 'v=spf1 ip4:192.0.2.2',
      }),
    ).toBe('v=spf1 ip4:192.0.2.2');
  });

  it('resolves a bare a of the other record at the other domain', async () => {
    expect(
      await textOf({
        'example.com': 'v=spf1 redirect=other.example.net',
        'other.example.net': { TXT: [['v=spf1 a -all']], A: ['192.0.2.9'] },
      }).catch(() => 'kept'),
    ).toBe('v=spf1 ip4:192.0.2.9 -all');
  });

  it('drops a redirect beside all, and terms after it', async () => {
    const { records, notes } = await flatten({
      'example.com': 'v=spf1 ip4:192.0.2.1 -all ip4:192.0.2.2 redirect=x.example.net',
    });
    expect(records[0]!.text).toBe('v=spf1 ip4:192.0.2.1 -all');
    expect(notes.map(({ code, term }) => [code, term])).toEqual([
      ['never-reached', 'ip4:192.0.2.2'],
      ['never-reached', 'redirect=x.example.net'],
    ]);
  });

  it.each([
    ['exists:%{ir}.list.example.net', /each client/],
    ['ptr', /own name/],
    ['a:%{h}', /macros/],
    ['include:%{l}.example.net', /macros/],
    ['a:fails.example.net', /servfail/],
    ['include:gone.example.net', /no SPF record/],
    ['include:broken.example.net', /invalid/],
    ['include:opaque.example.net', /exists/],
    ['include:example.com', /leads back/],
  ])('keeps %s and says why', async (term, why) => {
    const zones = {
      'example.com': `v=spf1 ip4:192.0.2.1 ${term} -all`,
      'fails.example.net': 'SERVFAIL',
      'broken.example.net': 'v=spf1 moo',
      'opaque.example.net': 'v=spf1 exists:%{i}.x.org -all',
    } as ShortZones;
    const { records, notes, lookups } = await flatten(zones);
    expect(records[0]!.text).toBe(`v=spf1 ip4:192.0.2.1 ${term} -all`);
    expect(notes).toMatchObject([{ code: 'kept', term }]);
    expect(notes[0]!.message).toMatch(why);
    expect(lookups).toBe(1);
  });

  it.each([
    ['it has macros', 'v=spf1 redirect=%{o}.example.net', 'v=spf1 -all'],
    [
      'the other record explains its fails',
      'v=spf1 redirect=o.example.net',
      'v=spf1 -all exp=why.example.net',
    ],
    ['a bare ptr would mean another domain', 'v=spf1 redirect=o.example.net', 'v=spf1 ptr -all'],
    ['the other record is broken', 'v=spf1 redirect=o.example.net', 'v=spf1 moo'],
    [
      'an explanation would reach further than it did',
      'v=spf1 -ip4:192.0.2.9 redirect=o.example.net exp=why.example.com',
      'v=spf1 -all',
    ],
  ])('keeps a redirect where %s', async (_title, own, other) => {
    const { records, notes } = await flatten({ 'example.com': own, 'o.example.net': other });
    expect(records[0]!.text).toBe(own);
    expect(notes.at(-1)).toMatchObject({ code: 'kept' });
  });

  it('keeps qualifiers in their order', async () => {
    const zones = {
      'example.com': 'v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/24 ~include:_spf.example.net ?all',
      '_spf.example.net': 'v=spf1 ip4:198.51.100.0/24 -all',
    };
    expect(await textOf(zones)).toBe('v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/24 ~ip4:198.51.100.0/24 ?all');
  });

  it('keeps other modifiers', async () => {
    expect(
      await textOf({ 'example.com': 'v=spf1 ip4:192.0.2.1 x-note=hello exp=why.example.com -all' }),
    ).toBe('v=spf1 ip4:192.0.2.1 -all x-note=hello exp=why.example.com');
  });

  it('leaves out what leads to nobody, and tells how long the rest holds', async () => {
    const { records, notes, ttl } = await flatten({
      'example.com': 'v=spf1 a:gone.example.net a:h.example.net -all',
      'h.example.net': { A: { ttl: 42, records: ['192.0.2.1'] } },
    });
    expect(records[0]!.text).toBe('v=spf1 ip4:192.0.2.1 -all');
    expect(notes).toMatchObject([{ code: 'empty', term: 'a:gone.example.net' }]);
    expect(ttl).toBe(42);
  });

  it('says when there is nothing to flatten', async () => {
    expect(await flatten({})).toMatchObject({ records: [], notes: [{ code: 'no-record' }] });
    expect(await flatten({ 'example.com': 'v=spf1 moo' })).toMatchObject({
      records: [],
      notes: [{ code: 'no-record' }],
    });
  });
});

describe('a record too long for one answer', () => {
  const many = Array.from({ length: 120 }, (_, index) => `ip4:198.51.${index}.${(index * 7) % 250}`).join(
    ' ',
  );
  const zones = {
    'example.com': `v=spf1 ip4:192.0.2.1 include:_big.example.net -all`,
    '_big.example.net': `v=spf1 ${many} -all`,
  };

  it('is split into _spf1, _spf2, … of the size asked for', async () => {
    const { records, lookups, notes } = await flatten(zones);
    expect(notes).toEqual([]);
    expect(records.length).toBeGreaterThan(4);
    expect(lookups).toBe(records.length - 1);
    expect(records[0]!.text).toMatch(
      /^v=spf1 include:_spf1\.example\.com include:_spf2\.example\.com .*-all$/,
    );
    for (const { text, strings } of records) {
      expect(text.length).toBeLessThanOrEqual(450);
      expect(strings.every((string) => string.length <= 255)).toBe(true);
      expect(parseSpf(text).problems).toEqual([]);
    }
  });

  it('takes another prefix, so that two sets can stand side by side', async () => {
    const { records } = await flatten(zones, { prefix: '_spfb' });
    expect(records[1]!.name).toBe('_spfb1.example.com');
  });

  it('stays whole up to the size and is split one byte below', async () => {
    const terms = many.split(' ').slice(0, 24).join(' ');
    const text = `v=spf1 ${terms} -all`;
    const record = { 'example.com': text };
    const size = (await flatten(record, { maxSize: 2000 })).records[0]!.text.length;
    expect((await flatten(record, { maxSize: size })).records).toHaveLength(1);
    expect((await flatten(record, { maxSize: size - 1 })).records.length).toBeGreaterThan(1);
  });

  it('says when it needs more than ten lookups all the same', async () => {
    const huge = Array.from(
      { length: 500 },
      (_, index) => `ip4:198.${index % 250}.${index % 199}.${(index * 7) % 250}`,
    ).join(' ');
    const { notes } = await flatten({ 'example.com': `v=spf1 ${huge} -all` }, { maxSize: 200 });
    expect(notes.map(({ code }) => code)).toContain('too-many-lookups');
  });

  it('says when one record cannot be made small enough', async () => {
    const kept = Array.from({ length: 5 }, (_, index) => `exists:%{ir}.list${index}.example.net`).join(' ');
    const { notes } = await flatten({ 'example.com': `v=spf1 ${kept} -all` }, { maxSize: 100 });
    expect(notes.map(({ code }) => code)).toContain('too-large');
  });
});

it('gives every client the result it had before, in generated policies', async () => {
  for (let seed = 1; seed <= 300; seed++) {
    const zones = generatedPolicy(new Random(seed));
    const before = fixtureResolver(zones);
    const { records, notes } = await flattenSpf('example.com', {
      resolver: before,
      maxSize: 120 + (seed % 5) * 80,
    });
    const flat: Record<string, Zones[string]> = { ...zones };
    for (const { name, text } of records)
      flat[name] = { ...(zones[name] as object), ...zoneJson(name, text)[name] };
    const after = fixtureResolver(flat);
    const unlimited = { lookups: 1000, void: 1000 };
    const random = new Random(-seed);
    for (let client = 0; client < 25; client++) {
      const ip = random.chance(0.7)
        ? `192.0.${random.below(4)}.${random.below(256)}`
        : `2001:db8::${random.below(32).toString(16)}`;
      const query = { ip, helo: 'mail.example.com', sender: 'joe@example.com' };
      const [old, now] = [before, after].map(
        (resolver) => checkSpf(query, { resolver, limits: unlimited }) as SpfResult,
      );
      expect(
        now!.result,
        `policy ${seed}, client ${ip}: ${JSON.stringify(zones)} became ${JSON.stringify(records)} ${JSON.stringify(notes)}`,
      ).toBe(old!.result);
    }
    const text = (zones['example.com'] as { TXT: string[][] }).TXT[0]!.join('');
    const diff = await diffSpf(text, records[0]?.text ?? text, { resolver: after, domain: 'example.com' });
    expect({ seed, added: diff.added, removed: diff.removed }).toEqual({ seed, added: [], removed: [] });
  }
});

/** Records that include and redirect to each other without a circle, over a handful of networks. */
function generatedPolicy(random: Random): Zones {
  const sign = (): string => (random.chance(0.8) ? '' : random.pick(['-', '~', '?']));
  const short: Record<string, ShortZones[string]> = {};
  for (let index = 0; index < 6; index++) {
    const name = index === 0 ? 'example.com' : `p${index}.example.com`;
    const lower = (): string => `p${index + 1 + random.below(3)}.example.com`;
    const term = (): string =>
      sign() +
      random.pick([
        () => `ip4:192.0.${random.below(4)}.${random.below(256)}/${20 + random.below(13)}`,
        () => `ip6:2001:db8::${random.below(32).toString(16)}/${120 + random.below(9)}`,
        () => `a:p${random.below(7)}.example.com${random.chance(0.3) ? '/28//124' : ''}`,
        () => `mx:p${random.below(7)}.example.com`,
        () => `a`,
        () => `include:${lower()}`,
        () => `exists:%{ir}.list.example.org`,
      ])();
    const end = random.pick([
      () => `${random.pick(['-', '~', '?'])}all`,
      () => `redirect=${lower()}`,
      () => '-all',
      () => '~all',
    ]);
    const text = `v=spf1 ${random.many(1, 6, term).join(' ')} ${end()}`;
    short[name] = {
      TXT: [[text]],
      A: random.many(1, 2, () => `192.0.${random.below(4)}.${random.below(256)}`),
      AAAA: random.many(0, 1, () => `2001:db8::${random.below(32).toString(16)}`),
      MX: [{ preference: 1, exchange: `p${random.below(7)}.example.com` }],
    };
  }
  for (const index of [6, 7, 8])
    short[`p${index}.example.com`] = `v=spf1 ip4:192.0.${random.below(4)}.0/26 -all`;
  return zonesOf(short);
}
