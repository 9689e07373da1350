import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, type Ran } from './run.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'postern-cli-dnsbl-'));
  const zones = {
    '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2'] },
    '10.100.99.88.zen.spamhaus.org': {
      A: ['127.0.0.2', '127.0.0.9'],
      TXT: [['https://www.spamhaus.org/sbl/']],
    },
    '10.100.99.88.list.dnswl.org': { A: ['127.0.5.1'] },
    '11.100.99.88.zen.spamhaus.org': { A: ['127.255.255.254'] },
    'evil.example.dbl.spamhaus.org': { A: ['127.0.1.4'] },
    '*.wild.example': { A: ['127.0.0.2'] },
  };
  writeFileSync(join(cwd, 'zone.json'), JSON.stringify(zones));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const dnsbl = (argv: readonly string[], input = ''): Promise<Ran> => run(['dnsbl', ...argv], { cwd, input });
const check = (...argv: string[]): Promise<Ran> => dnsbl(['check', ...argv, '--zone', 'zone.json']);

describe('postern dnsbl check', () => {
  it('prints a table and ends with 1 for a listing', async () => {
    const { code, out, err } = await check(
      '88.99.100.10',
      '--lists',
      'zen.spamhaus.org,list.dnswl.org,wild.example',
    );
    expect(out).toBe(
      '88.99.100.10: listed on 1 of 3, 1 without a verdict, score 0\n' +
        '  zen.spamhaus.org  listed   127.0.0.2 127.0.0.9  SBL: spam sources and spam operations; DROP: hijacked or criminal networks; https://www.spamhaus.org/sbl/\n' +
        '  list.dnswl.org    allowed  127.0.5.1            trust: low\n' +
        '  wild.example      error    lists-the-world      lists 1.0.0.127.wild.example, which it must not: it lists everything\n',
    );
    expect({ code, err }).toEqual({ code: 1, err: '' });
  });

  it('ends with 0 when clean, 3 when a list gives no verdict, 2 for what cannot be asked', async () => {
    expect(await check('8.8.8.8')).toMatchObject({ code: 0 });
    expect(await check('88.99.100.11', '--lists', 'zen.spamhaus.org')).toMatchObject({ code: 3 });
    expect(await check('10.0.0.1')).toMatchObject({
      code: 2,
      out: expect.stringContaining('private') as string,
    });
    expect(await check('8.8.8.0/20')).toMatchObject({
      code: 2,
      err: expect.stringContaining('at most 256') as string,
    });
    expect(await check('8.8.8.8', '--lists', ',')).toMatchObject({ code: 2 });
    expect(await check('8.8.8.8', '--cap', '0', '--lists', 'bl.example')).toMatchObject({ code: 2 });
  });

  it('asks lists of domains about domains', async () => {
    const { code, out } = await check('evil.example');
    expect(code).toBe(1);
    expect(out).toContain('DBL: phishing');
    expect(out).not.toContain('zen.spamhaus.org');
  });

  it('takes hundreds from standard input, and shows only what is not clean', async () => {
    const input = `${Array.from({ length: 300 }, (_, index) => `8.8.${index >> 8}.${index & 255}`).join('\n')}\n88.99.100.10\n`;
    const { code, out } = await dnsbl(
      ['check', '-', '--zone', 'zone.json', '--lists', 'zen.spamhaus.org'],
      input,
    );
    expect(code).toBe(1);
    expect(out.split('\n')).toHaveLength(4);
    expect(out).toContain('301 checked, 1 listed');
  });

  it('takes what is written after # on standard input as a comment', async () => {
    const input = '# our own servers\n88.99.100.10 # mail\n\n';
    const { out } = await dnsbl(
      ['check', '-', '--zone', 'zone.json', '--lists', 'zen.spamhaus.org', '--json'],
      input,
    );
    expect(JSON.parse(out)).toMatchObject({ results: [{ address: '88.99.100.10' }], problems: 0 });
  });

  it('takes a range apart', async () => {
    const { out } = await check('88.99.100.8/29', '--lists', 'zen.spamhaus.org', '--json');
    const { results, listed, errors } = JSON.parse(out) as {
      results: { address: string }[];
      listed: number;
      errors: number;
    };
    expect(results.map(({ address }) => address)).toEqual(
      [8, 9, 10, 11, 12, 13, 14, 15].map((last) => `88.99.100.${last}`),
    );
    expect([listed, errors]).toEqual([1, 1]);
  });

  it('shows progress on a terminal only', async () => {
    const words = ['dnsbl', 'check', '8.8.8.8', '--zone', 'zone.json'];
    expect((await run(words, { cwd, terminal: true })).err).toContain('1 of 1 checked');
    expect((await run(words, { cwd })).err).toBe('');
  });
});

describe('postern dnsbl health', () => {
  it('says which lists are well', async () => {
    const flags = ['--zone', 'zone.json', '--lists'];
    expect(await dnsbl(['health', ...flags, 'zen.spamhaus.org'])).toMatchObject({
      code: 0,
      out: '  zen.spamhaus.org  healthy\n',
    });
    const { code, out } = await dnsbl(['health', ...flags, 'zen.spamhaus.org,wild.example,dnsbl.sorbs.net']);
    expect(code).toBe(1);
    expect(out).toMatch(/wild\.example +lists-the-world/);
    expect(out).toMatch(/dnsbl\.sorbs\.net +failing +dead +SORBS is shut down since 2024-06-05/);
  });
});

describe('postern dnsbl lists', () => {
  it('prints both kinds', async () => {
    const { out } = await dnsbl(['lists']);
    expect(out).toMatch(/zen\.spamhaus\.org +block +address +open +Spamhaus ZEN/);
    expect(out).toMatch(/cbl\.abuseat\.org +merged +2021 .*use xbl\.spamhaus\.org/);
    const { lists, dead } = JSON.parse((await dnsbl(['lists', '--json'])).out) as {
      lists: unknown[];
      dead: unknown[];
    };
    expect(lists.length).toBeGreaterThan(30);
    expect(dead.length).toBeGreaterThan(15);
  });
});

describe('postern dnsbl emit', () => {
  it('prints settings with reasons', async () => {
    const { code, out } = await dnsbl([
      'emit',
      '--lists',
      'zen.spamhaus.org,list.dnswl.org',
      '--threshold',
      '2',
    ]);
    expect(code).toBe(0);
    expect(out).toContain(
      'postscreen_dnsbl_sites =\n    zen.spamhaus.org=127.0.0.[2..11]*3,\n    list.dnswl.org=',
    );
    expect(out).toContain('postscreen_dnsbl_threshold =\n    2\n');
  });

  it('emits for smtpd, with keys, and as a plan', async () => {
    const { out } = await dnsbl([
      'emit',
      '--lists',
      'spamhaus-zen',
      '--key',
      'spamhaus-zen=k3y',
      '--place',
      'smtpd',
      '--json',
    ]);
    const { changes } = JSON.parse(out) as { changes: { name?: string; value?: string }[] };
    expect(changes[0]?.value).toContain('reject_rbl_client k3y.zen.dq.spamhaus.net=127.0.0.[2..11]');
  });

  it('refuses what would turn all mail away', async () => {
    expect(await dnsbl(['emit', '--lists', 'dnsbl.sorbs.net'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('SORBS is shut-down') as string,
    });
    expect(await dnsbl(['emit', '--place', 'moon'])).toMatchObject({ code: 2 });
    expect(await dnsbl(['emit', '--postfix', '2.7'])).toMatchObject({ code: 2 });
  });
});
