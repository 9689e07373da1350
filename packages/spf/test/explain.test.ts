import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixtureResolver, parseZones } from '@postern/dns';
import { checkSpf, drawTrace, type SpfResult } from '@postern/spf';

const folder = join(import.meta.dirname, 'fixtures/explain');

describe('the tree of a check', () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith('.zone.json')))('%s', (file) => {
    const { zones } = parseZones(readFileSync(join(folder, file), 'utf8'));
    const query = { ip: '192.0.2.1', helo: 'mail.example.com', sender: 'joe@example.com' };
    const result = checkSpf(query, { resolver: fixtureResolver(zones) }) as SpfResult;
    const lines = drawTrace(result).map(({ text }) => text);
    expect(`${lines.join('\n')}\n`).toBe(
      readFileSync(join(folder, file.replace('.zone.json', '.expected.txt')), 'utf8'),
    );
  });
});

it('tells which term decided, down to the one inside an include', () => {
  const zones = {
    'example.com': { TXT: [['v=spf1 redirect=r.example.net']] },
    'r.example.net': { TXT: [['v=spf1 a include:i.example.net -all']] },
    'i.example.net': { TXT: [['v=spf1 ip4:192.0.2.0/24']] },
  };
  const result = checkSpf(
    { ip: '192.0.2.1', helo: 'x', sender: 'joe@example.com' },
    { resolver: fixtureResolver(zones) },
  ) as SpfResult;
  expect(result.matched).toEqual({
    domain: 'r.example.net',
    term: 'include:i.example.net',
    inner: { domain: 'i.example.net', term: 'ip4:192.0.2.0/24', inner: null },
  });
});
