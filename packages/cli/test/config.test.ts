import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const main = [
  '# a host',
  'compatibility_level = 3.6',
  'myhostname = mx.example.com',
  'myorigin = $mydomain',
  'mydestination = $myhostname,',
  '# and',
  '    localhost',
  'smtpd_helo_required = perhaps',
  '',
].join('\n');
const master = 'smtp      inet  n       -       y       -       -       smtpd\n  -o smtpd_banner=hello\n';

let folder: string;
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const postern = (...words: string[]) => run(['config', ...words], { cwd: folder });
const json = async (...words: string[]) => {
  const ran = await postern(...words, '--json');
  return { ...ran, data: JSON.parse(ran.out) };
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-cli-config-'));
  file('main.cf', main);
  file('master.cf', master);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('postern config', () => {
  it('gets parameters, expanded or not, and overrides', async () => {
    expect(await postern('get', '.', 'myorigin', 'mydestination', '--postfix', '3.7.11')).toMatchObject({
      code: 0,
      out: 'myorigin = $mydomain\nmydestination = $myhostname,    localhost\n',
    });
    expect((await postern('get', '.', 'myorigin', '-x', '--postfix', '3.7.11')).out).toBe(
      'myorigin = example.com\n',
    );
    expect((await json('get', '.', 'smtp/inet/smtpd_banner', '--postfix', '3.7.11')).data).toEqual({
      parameters: {
        'smtp/inet/smtpd_banner': { value: 'hello', raw: 'hello', origin: 'master.cf:2 (-o of smtp/inet)' },
      },
    });
    expect(await postern('get', '.', 'myorigni', '--postfix', '3.7.11')).toMatchObject({ code: 3 });
  });

  it('sets and unsets, and touches only the lines in question and no attribute of the file', async () => {
    chmodSync(join(folder, 'main.cf'), 0o640);
    expect(await postern('set', '.', 'mydestination', '$myhostname')).toMatchObject({
      code: 0,
      out: 'Written: main.cf\n',
    });
    expect(read('main.cf')).toBe(main.replace('$myhostname,\n# and\n    localhost', '$myhostname\n# and'));
    expect(statSync(join(folder, 'main.cf')).mode & 0o777).toBe(0o640);
    expect(await postern('set', '.', 'smtp/inet/smtpd_banner', 'bye', '--postfix', '3.7.11')).toMatchObject({
      code: 0,
    });
    expect(read('master.cf')).toBe(master.replace('hello', 'bye'));
    expect(
      await postern('unset', '.', 'mydestination', 'smtp/inet/smtpd_banner', '--postfix', '3.7.11'),
    ).toMatchObject({ code: 0 });
    expect(read('main.cf')).not.toContain('mydestination');
    expect(read('master.cf')).toBe(master.split('\n')[0] + '\n');
    expect((await json('unset', '.', 'mydestination')).data).toMatchObject({ changed: [] });
  });

  it('explains a parameter: type, defaults, readers, and where it is set', async () => {
    const { code, out } = await postern('explain', 'smtpd_banner', '.', '--postfix', '3.7.11');
    expect(code).toBe(0);
    expect(out).toMatch(/^smtpd_banner\n/);
    expect(out).toContain('read by: ');
    expect(out).toContain('for smtp/inet: hello');
    expect((await json('explain', 'myhostname', '.', '--postfix', '3.7.11')).data).toMatchObject({
      name: 'myhostname',
      known: true,
      here: { raw: 'mx.example.com', origin: { type: 'main', line: 3, column: 1 } },
      usedBy: ['mydestination'],
    });
    expect(await postern('explain', 'smtpd_baner', '--postfix', '3.7.11')).toMatchObject({ code: 3 });
  });

  it('checks, with the line, a caret and an exit code', async () => {
    const { code, out } = await postern('check', '.', '--postfix', '3.7.11');
    expect(code).toBe(1);
    expect(out).toContain('main.cf:8:23: error: ');
    expect(out).toContain('  8 | smtpd_helo_required = perhaps\n    |                       ^^^^^^^\n');
    const { data } = await json('check', '.', '--postfix', '3.7.11');
    expect(data.problems).toContainEqual(
      expect.objectContaining({ code: 'bad-boolean', at: { line: 8, column: 23 } }),
    );
  });

  it('prints what the files amount to', async () => {
    const { data } = await json('effective', '.', '--postfix', '3.7.11');
    expect(data).toEqual({
      parameters: {
        compatibility_level: { value: '3.6', raw: '3.6', origin: 'main.cf:2' },
        mydestination: {
          value: 'mx.example.com,    localhost',
          raw: '$myhostname,    localhost',
          origin: 'main.cf:5',
        },
        myhostname: { value: 'mx.example.com', raw: 'mx.example.com', origin: 'main.cf:3' },
        myorigin: { value: 'example.com', raw: '$mydomain', origin: 'main.cf:4' },
        smtpd_helo_required: { value: 'perhaps', raw: 'perhaps', origin: 'main.cf:8' },
      },
      problems: [],
    });
    const all = (await json('effective', '.', '--all', '--service', 'smtp/inet', '--postfix', '3.7.11')).data;
    expect(all.parameters.smtpd_banner).toEqual({
      value: 'hello',
      raw: 'hello',
      origin: 'master.cf:2 (-o of smtp/inet)',
    });
    expect(all.parameters.mail_name).toEqual({
      value: 'Postfix',
      raw: 'Postfix',
      origin: 'default of 3.7.11',
    });
    expect(Object.keys(all.parameters).length).toBeGreaterThan(800);
    file('main.cf', 'a = $b\nb = $a\nno equals\n');
    const broken = await json('effective', '.', '--postfix', '3.7.11');
    expect(broken.code).toBe(1);
    expect(broken.data.parameters.a).toMatchObject({ value: null });
    expect(broken.data.problems.map(({ code }: { code: string }) => code)).toEqual(
      expect.arrayContaining(['missing-equals', 'macro-recursion']),
    );
  });

  it('compares files and folders by meaning', async () => {
    const other = file('other-main.cf', `${main.replace('# a host\n', '')}relayhost = r\n`);
    expect(await postern('diff', 'main.cf', 'main.cf')).toMatchObject({
      code: 0,
      out: 'No difference in meaning\n',
    });
    expect(await postern('diff', 'main.cf', other)).toMatchObject({ code: 1, out: '+ relayhost = r\n' });
    expect((await postern('diff', '.', '.')).code).toBe(0);
  });

  it('merges, and stops at a conflict', async () => {
    file('base-main.cf', main);
    file('new-main.cf', main.replace('3.6', '3.7').replace('perhaps', 'yes'));
    file('ours-main.cf', main.replace('# a host', '# our host'));
    const { code, out } = await postern('merge', 'base-main.cf', 'ours-main.cf', 'new-main.cf');
    expect(code).toBe(0);
    expect(out).toBe(main.replace('# a host', '# our host').replace('3.6', '3.7').replace('perhaps', 'yes'));
    file('main.cf', main.replace('perhaps', 'no'));
    const clash = await postern('merge', 'base-main.cf', 'main.cf', 'new-main.cf', '--write');
    expect(clash.code).toBe(1);
    expect(clash.err).toContain(
      'conflict: ours   - smtpd_helo_required = perhaps  + smtpd_helo_required = no',
    );
    expect(read('main.cf')).toBe(main.replace('perhaps', 'no'));
    file('main.cf', main.replace('# a host', '# our host'));
    expect((await postern('merge', 'base-main.cf', 'main.cf', 'new-main.cf', '--write')).code).toBe(0);
    expect(read('main.cf')).toBe(out);
  });

  it('converts to JSON and back', async () => {
    const { out } = await postern('convert', 'master.cf', '--to', 'json');
    expect(JSON.parse(out)).toMatchObject({
      type: 'master-cf',
      entries: [{ type: 'service', name: 'smtp' }],
    });
    expect((await run(['config', 'convert', '-', '--to', 'text'], { input: out })).out).toBe(master);
    expect(await run(['config', 'convert', '-', '--to', 'text'], { input: '{}' })).toMatchObject({ code: 3 });
    expect(await postern('convert', 'gone.cf', '--to', 'json')).toMatchObject({ code: 3 });
    expect(await postern('convert', 'main.cf', '--to', 'xml')).toMatchObject({ code: 2 });
  });

  it('gives back the bytes of a file that is not UTF-8', async () => {
    const bytes = Buffer.from('mail_name = caf\xe9\r\n# \xff\xfe', 'latin1');
    writeFileSync(join(folder, 'main.cf'), bytes);
    file('tree.json', (await postern('convert', 'main.cf', '--to', 'json')).out);
    const written: Uint8Array[] = [];
    const out = (data: string | Uint8Array): void => void written.push(Buffer.from(data));
    await run(['config', 'convert', 'tree.json', '--to', 'text'], { cwd: folder, out });
    expect(Buffer.concat(written)).toEqual(bytes);
  });

  it('names the parameter that a misspelt name is near to', async () => {
    const near = 'did you mean smtpd_helo_required?';
    expect((await postern('explain', 'smtpd_helo_requird')).err).toContain(near);
    expect((await postern('get', '.', 'smtpd_helo_requird')).err).toContain(near);
  });

  it('says what to do about a folder without main.cf', async () => {
    rmSync(join(folder, 'main.cf'));
    const { code, err } = await postern('effective', '.', '--postfix', '3.7.11');
    expect(code).toBe(3);
    expect(err).toContain('main.cf');
  });
});
