import { expect, it } from 'vitest';
import { diffSpf } from '@postern/spf';
import { resolverOf } from './zones.ts';

const resolver = resolverOf({
  'example.com': {
    TXT: [['v=spf1 mx include:_spf.example.net -all']],
    MX: [{ preference: 1, exchange: 'mx.example.com' }],
  },
  'mx.example.com': { A: ['192.0.2.5'] },
  '_spf.example.net': 'v=spf1 -ip4:198.51.100.7 ip4:198.51.100.0/29 -all',
});
const options = { resolver, domain: 'example.com' };

it('finds two records the same that are written differently', async () => {
  expect(
    await diffSpf('v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.128/25 -all', 'v=spf1 ip4:192.0.2.0/24 ~all', options),
  ).toMatchObject({ added: [], removed: [], same: true });
});

it('tells which networks pass now and which no longer do', async () => {
  expect(
    await diffSpf(
      'v=spf1 ip4:192.0.2.0/30 ip6:2001:db8::/64 -all',
      'v=spf1 ip4:192.0.2.2/31 ip4:198.51.100.1 -all',
      options,
    ),
  ).toEqual({
    added: ['198.51.100.1'],
    removed: ['192.0.2.0/31', '2001:db8::/64'],
    kept: ['192.0.2.2/31'],
    unknown: { before: [], after: [] },
    same: false,
  });
});

it('follows names, includes and the qualifiers before them', async () => {
  const { added, removed, kept } = await diffSpf(
    'example.com',
    'v=spf1 ip4:192.0.2.5 ip4:198.51.100.0/29 -all',
    options,
  );
  expect({ added, removed, kept }).toEqual({
    added: ['198.51.100.7'],
    removed: [],
    kept: ['192.0.2.5', '198.51.100.0/30', '198.51.100.4/31', '198.51.100.6'],
  });
});

it('takes away what an earlier term refuses', async () => {
  const { removed } = await diffSpf(
    'v=spf1 ip4:192.0.2.0/30 -all',
    'v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/30 -all',
    options,
  );
  expect(removed).toEqual(['192.0.2.1']);
});

it('names the terms it can say nothing about', async () => {
  const { unknown, same } = await diffSpf('v=spf1 exists:%{i}.x.org -all', 'nobody.example.com', options);
  expect(unknown).toMatchObject({
    before: [{ domain: 'example.com', term: 'exists:%{i}.x.org' }],
    after: [{ because: 'the domain has no SPF record' }],
  });
  expect(same).toBe(false);
});

it('compares everything with nothing', async () => {
  const { added } = await diffSpf('v=spf1 -all', 'v=spf1 +all', options);
  expect(added).toEqual(['0.0.0.0/0', '::/0']);
});
