import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDnsServer } from '@postern/dns/testing';
import { run, type Ran } from './run.ts';

let cwd = '';
const zones = {
  'example.com': {
    TXT: [['v=spf1 mx include:_spf.example.net -all']],
    MX: [{ preference: 10, exchange: 'mx.example.com' }],
  },
  'mx.example.com': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
  '_spf.example.net': { TXT: [['v=spf1 ip4:198.51.100.0/25 ip4:198.51.100.128/25 ~all']] },
  'broken.example.com': { TXT: [['v=spf1 a:192.0.2.1 -all']] },
  'silent.example.com': 'TIMEOUT',
};

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'postern-cli-spf-'));
  writeFileSync(join(cwd, 'zone.json'), JSON.stringify(zones));
  writeFileSync(join(cwd, 'bad.json'), '{ "example.com": { "TXT": 1 } }');
});
afterAll(() => rmSync(cwd, { recursive: true }));

function spf(...argv: string[]): Promise<Ran> {
  return run(['spf', ...argv], { cwd });
}

function check(ip: string, sender: string, ...more: string[]): Promise<Ran> {
  return spf(
    'check',
    '--ip',
    ip,
    '--helo',
    'mail.example.org',
    '--sender',
    sender,
    '--zone',
    'zone.json',
    ...more,
  );
}

describe('postern spf check', () => {
  it.each([
    [
      '192.0.2.1',
      'joe@example.com',
      0,
      /^pass {2}192\.0\.2\.1 for example\.com \(mailfrom\)\n {2}decided by "mx" of example\.com\n {2}lookups 1 of 10/,
    ],
    [
      '198.51.100.200',
      'joe@example.com',
      0,
      /decided by "include:_spf\.example\.net" of example\.com, in it "ip4:198\.51\.100\.128\/25" of _spf\.example\.net/,
    ],
    ['203.0.113.1', 'joe@example.com', 1, /^fail .*decided by "-all"/s],
    [
      '203.0.113.1',
      'joe@broken.example.com',
      1,
      /^permerror .*because the record of broken\.example\.com: "192\.0\.2\.1" is not a domain/s,
    ],
    ['203.0.113.1', 'joe@silent.example.com', 3, /^temperror .*timeout/s],
    ['gmail', 'joe@example.com', 3, /^temperror .*no IP address/s],
    ['203.0.113.1', 'joe@nobody.example.com', 0, /^none /],
    ['203.0.113.1', '', 0, /^none .*\(helo\)/],
  ])('of %s for %j exits %i', async (ip, sender, code, out) => {
    const ran = await check(ip, sender);
    expect(ran).toMatchObject({ code, err: '' });
    expect(ran.out).toMatch(out);
    expect(ran.out).toContain(`Received-SPF: ${ran.out.split(' ')[0]}`);
  });

  it('prints the result as JSON', async () => {
    const { out } = await check('192.0.2.1', 'joe@example.com', '--json', '--receiver', 'mx.example.org');
    expect(JSON.parse(out)).toMatchObject({
      result: 'pass',
      matched: { term: 'mx' },
      lookups: 1,
      trace: { domain: 'example.com' },
    });
  });

  it('says what is wrong with a zone file, and where', async () => {
    expect(
      await spf('check', '--ip', '192.0.2.1', '--helo', 'x', '--sender', 'a@b.c', '--zone', 'bad.json'),
    ).toMatchObject({
      code: 3,
      err: expect.stringMatching(/^bad\.json:1: .*\npostern: bad\.json is no usable zone file/) as string,
    });
    expect(
      (await spf('check', '--ip', '192.0.2.1', '--helo', 'x', '--sender', 'a@b.c', '--zone', 'none.json'))
        .code,
    ).toBe(3);
    expect((await spf('check', '--ip', '192.0.2.1')).code).toBe(2);
  });
});

it('postern spf check asks the server it is told to', async () => {
  await using server = await startDnsServer({ zones: zones as never });
  const argv = [
    'check',
    '--ip',
    '192.0.2.1',
    '--helo',
    'x',
    '--sender',
    'joe@example.com',
    '--server',
    server.server,
  ];
  expect((await spf(...argv)).out).toMatch(/^pass {2}/);
  expect((await spf(...argv, '--zone', 'zone.json')).code).toBe(2);
});

describe('postern spf explain', () => {
  it('draws the tree before the result', async () => {
    const { out } = await spf(
      'explain',
      '--ip',
      '198.51.100.1',
      '--helo',
      'x',
      '--sender',
      'joe@example.com',
      '--zone',
      'zone.json',
    );
    expect(out).toMatch(
      /├─ include:_spf\.example\.net {3}match, 1 lookup\n│ {2}_spf\.example\.net {2}v=spf1/,
    );
    expect(out).toMatch(/└─ -all {3}not reached\npass {2}198/);
  });
});

describe('postern spf lint', () => {
  it('counts the budget of each term', async () => {
    const { code, out } = await spf('lint', 'example.com', '--zone', 'zone.json');
    expect(code).toBe(0);
    expect(out).toContain(
      'lookups 2 of 10; void 0 (IPv4 clients), 0 (IPv6 clients) of 2\n   1  mx\n   1  include:_spf.example.net\n',
    );
  });

  it('points at the mistake', async () => {
    const { code, out } = await spf('lint', 'broken.example.com', '--zone', 'zone.json');
    expect(code).toBe(1);
    expect(out).toContain(
      '    v=spf1 a:192.0.2.1 -all\n             ^^^^^^^^^\n    For an address write "ip4:192.0.2.1".\n',
    );
  });

  it.each([
    ['v=spf1 mx +all', 1],
    ['silent.example.com', 3],
    ['not a domain', 2],
  ])('of %j exits %i', async (subject, code) => {
    expect((await spf('lint', subject, '--zone', 'zone.json')).code).toBe(code);
  });
});

describe('postern spf flatten', () => {
  it('prints lines for the zone file', async () => {
    const { code, out, err } = await spf('flatten', 'example.com', '--zone', 'zone.json');
    expect(code).toBe(0);
    expect(out).toBe(
      'example.com. 300 IN TXT "v=spf1 ip4:192.0.2.1 ip4:198.51.100.0/24 ip6:2001:db8::1 -all"\n',
    );
    expect(err).toMatch(/^1 record, 0 lookups at most/);
  });

  it('refuses what it cannot use', async () => {
    expect((await spf('flatten', 'nobody.example.com', '--zone', 'zone.json')).code).toBe(3);
    expect((await spf('flatten', 'example.com', '--zone', 'zone.json', '--max-size', 'x')).code).toBe(2);
  });
});

it('postern spf diff says who gains and who loses', async () => {
  const ran = await spf(
    'diff',
    'example.com',
    'v=spf1 mx ip4:203.0.113.7 -all',
    '--domain',
    'example.com',
    '--zone',
    'zone.json',
  );
  expect(ran).toMatchObject({ code: 1, out: '- 198.51.100.0/24\n+ 203.0.113.7\n' });
  expect(
    (
      await spf(
        'diff',
        'v=spf1 mx -all',
        'v=spf1 a:mx.example.com ~all',
        '--domain',
        'example.com',
        '--zone',
        'zone.json',
      )
    ).code,
  ).toBe(0);
});

describe('postern spf build', () => {
  it.each([
    ['--mx --a --ip4 88.99.100.10 --all fail', 'v=spf1 mx a ip4:88.99.100.10 -all'],
    ['--a --mx --all softfail', 'v=spf1 a mx ~all'],
    [
      '--ip6 2001:db8::/32 --include _spf.example.net --mx example.org --ip6 ::1 --redirect x.example.org',
      'v=spf1 ip6:2001:db8::/32 include:_spf.example.net mx:example.org ip6:::1 redirect=x.example.org',
    ],
    ['--all fail --exp why.example.com', 'v=spf1 -all exp=why.example.com'],
    ['--mx --name example.com --all fail', 'example.com. 3600 IN TXT "v=spf1 mx -all"'],
  ])('%s', async (options, text) => {
    expect(await spf('build', ...options.split(' '))).toEqual({ code: 0, out: `${text}\n`, err: '' });
  });

  it.each([
    '--ip4 1.2.3 --all fail',
    '--all maybe',
    '--all fail --redirect x.example.com',
    '--include com --all fail',
  ])('refuses %s', async (options) => {
    const { code, out, err } = await spf('build', ...options.split(' '));
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/^postern: /);
  });
});
