import { chmod, chown, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import { defineConfig } from '../src/index.ts';
import { findConfigFile } from '../src/settings/find.ts';
import { run, type Ran } from './run.ts';

const mainCf = 'myhostname = mail.example.com\ndisable_vrfy_command = no\n';
const masterCf = join(import.meta.dirname, '../../hardening/test/fixtures/master.cf');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-config-'));
  await mkdir(join(folder, '.git'));
  await mkdir(join(folder, 'etc'));
  await writeFile(join(folder, 'etc/main.cf'), mainCf);
  await copyFile(masterCf, join(folder, 'etc/master.cf'));
});
afterEach(() => rm(folder, { recursive: true }));

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
const json = (config: unknown): Promise<void> => write('postern.config.json', JSON.stringify(config));
const postern = (...argv: string[]): Promise<Ran> => run(argv, { cwd: folder });
const audit = async (...argv: string[]): Promise<{ postfix: string; rules: string[]; allowed: number }> => {
  const { out, err } = await postern('audit', ...argv, '--json');
  expect(err).toBe('');
  const { postfix, findings, allowed } = JSON.parse(out) as {
    postfix: string;
    findings: { rule: string }[];
    allowed: unknown[];
  };
  return { postfix, rules: findings.map(({ rule }) => rule), allowed: allowed.length };
};

const vrfy = { rule: 'vrfy-enabled', until: '2099-12-31', because: 'the old scanner asks' };

describe('the configuration file', () => {
  it('gives a target a name, a version and what is allowed on it', async () => {
    await json({ targets: { mail: { at: 'etc', postfix: '3.9.1', suppressions: [vrfy] } } });
    expect(await audit('mail')).toMatchObject({ postfix: '3.9.1', allowed: 1 });
    expect((await audit('./etc', '--postfix', '3.9.1')).rules).toContain('vrfy-enabled');
  });

  it('is weaker than the command line and stronger than defaults', async () => {
    await json({
      targets: { old: { at: 'etc', postfix: '3.5.25' }, plain: 'etc' },
      defaults: { postfix: '3.8.6' },
    });
    expect((await audit('plain')).postfix).toBe('3.8.6');
    expect((await audit('etc')).postfix).toBe('3.8.6');
    expect((await audit('old')).postfix).toBe('3.5.25');
    expect((await audit('old', '--postfix', '3.10.4')).postfix).toBe('3.10.4');
    expect((await audit('etc', '--no-config', '--postfix', '3.10.4')).postfix).toBe('3.10.4');
  });

  it('takes --spf-service from the command line in the place of its own spfCommand', async () => {
    await json({
      defaults: { postfix: '3.7.11', hostname: 'mail.example.com', spfCommand: '/usr/bin/our-spf' },
    });
    const ours = await postern('plan', 'etc');
    expect(ours.out).toContain('/usr/bin/our-spf');
    const theirs = await postern('plan', 'etc', '--spf-service', 'inet:127.0.0.1:10040');
    expect(theirs.err).toBe('');
    expect(theirs.out).toContain('inet:127.0.0.1:10040');
    expect(theirs.out).not.toContain('our-spf');
  });

  it('runs as TypeScript, and names rules and profiles of its own from where it is', async () => {
    await write(
      'rules.mjs',
      `export default [{ id: 'our/no-banner', level: 'warning', versions: 'all', source: 'our handbook', title: 'No banner', why: 'We want one.', confidence: 'certain',
        check: (subject) => [{ at: { file: 'main.cf', line: 1, column: 1 }, message: 'there is no banner of ours' }] }];`,
    );
    await write(
      'postern.config.ts',
      `const at: string = 'etc';
       export default { targets: { mail: { at, postfix: '3.7.11' } }, rules: ['./rules.mjs'], profiles: { ours: 'missing.mjs' } };`,
    );
    await mkdir(join(folder, 'deep/er'), { recursive: true });
    const { out, err } = await run(['audit', 'mail', '--json'], { cwd: join(folder, 'deep/er') });
    expect(err).toBe('');
    expect(out).toContain('our/no-banner');
    expect(await postern('plan', 'mail', '--profile', 'ours')).toMatchObject({
      code: 2,
      err: expect.stringContaining(`--profile ${join(folder, 'missing.mjs')}: cannot be loaded`) as string,
    });
  });

  it('says every mistake with the file, the place, and what to do', async () => {
    await json({
      targets: {
        'mail/1': 'etc',
        mail: { at: 'etc', postfix: '3.x', profil: 'submission' },
        none: {},
        odd: 7,
      },
      defaults: { dane: 'yes', sasl: 'courier', identity: 'id' },
      suppressions: [{ rule: 'vrfy-enabled', until: '2027-02-30', because: '' }],
    });
    const { code, out, err } = await postern('audit', 'etc');
    expect([code, out]).toEqual([2, '']);
    expect(err.split('\n')).toEqual([
      `postern: ${folder}/postern.config.json is not used:`,
      '  targets.mail/1: is no name for a target: write letters, digits, "-", "_" and ".", and not "local"',
      '  targets.mail.postfix: "3.x" is no Postfix version; write for example "3.7.11"',
      '  targets.mail: there is no setting "profil"; did you mean profile?',
      '  targets.none.at: is missing; write a text in quotes',
      '  targets.odd: 7 is neither a text nor an object with "at"',
      '  defaults.identity: "id" is no list in brackets',
      '  defaults.dane: "yes" is no true or false',
      '  defaults.sasl: "courier" is none of dovecot, cyrus',
      '  suppressions.0.until: "2027-02-30" is a day that there is not',
      '  suppressions.0.because: is empty; write something or take it out',
      '',
    ]);
  });

  it.each([
    ['{', 'postern.config.json cannot be read: '],
    ['[]', 'the file: [] is no object in braces'],
  ])('says so of %s', async (text, message) => {
    await write('postern.config.json', text);
    expect(await postern('audit', 'etc')).toMatchObject({
      code: 2,
      err: expect.stringContaining(message) as string,
    });
  });

  it('says what a slip of the pen could have meant', async () => {
    await json({ targets: { mail: 'etc' } });
    expect(await postern('audit', 'mial')).toMatchObject({
      code: 2,
      err: `postern: mial is neither a folder nor a target of ${folder}/postern.config.json, which has mail; did you mean mail?\n`,
    });
  });

  it('is chosen with --config, and wanted then', async () => {
    await write('other.json', JSON.stringify({ defaults: { postfix: '3.6.4' } }));
    expect((await audit('etc', '--config', 'other.json')).postfix).toBe('3.6.4');
    expect(await postern('audit', 'etc', '--config', 'none.json')).toMatchObject({
      code: 2,
      err: 'postern: --config none.json: there is no such file\n',
    });
  });

  it('is never run when everybody can write it, or the folder it is in', async () => {
    await write('postern.config.mjs', `throw new Error('it ran');`);
    await chmod(join(folder, 'postern.config.mjs'), 0o666);
    const found = await postern('audit', 'etc', '--postfix', '3.7.11');
    expect(found).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is not used: .*chmod o-w/) as string,
    });
    const chosen = await postern('audit', 'etc', '--config', 'postern.config.mjs');
    expect(chosen).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/is not used/) as string });
    await chmod(join(folder, 'postern.config.mjs'), 0o644);
    await chmod(folder, 0o777);
    expect((await postern('audit', 'etc', '--config', 'postern.config.mjs')).err).toMatch(
      /is not used: .*chmod o-w/,
    );
    await chmod(folder, 0o700);
    expect((await postern('audit', 'etc')).err).toContain('it ran');
  });

  it('is looked for up to the root of the checkout, and not beyond', async () => {
    await mkdir(join(folder, 'inner/.git'), { recursive: true });
    await json({});
    expect(findConfigFile(join(folder, 'etc'))).toBe(join(folder, 'postern.config.json'));
    expect(findConfigFile(join(folder, 'inner'))).toBeUndefined();
    expect(findConfigFile(join(folder, 'etc'), join(folder, 'etc'))).toBeUndefined();
    await write('postern.config.mjs', '');
    expect(() => findConfigFile(folder)).toThrow('keep one of them');
  });

  it('has a type', () => {
    expect(defineConfig({ targets: { mail: 'local' } })).toEqual({ targets: { mail: 'local' } });
    // @ts-expect-error -- a setting that there is not
    defineConfig({ target: {} });
  });

  it('has a JSON Schema that is up to date', async () => {
    const { configJsonSchema } = await import('../src/settings/json-schema.ts');
    const published = await readFile(join(import.meta.dirname, '../schema/config.json'), 'utf8');
    expect(JSON.parse(published), 'run: node scripts/command-reference.ts').toEqual(configJsonSchema());
  });
});

describeWith(['root'], 'the configuration file of another user', () => {
  it('is never run', async () => {
    await write('postern.config.mjs', `throw new Error('it ran');`);
    await chown(join(folder, 'postern.config.mjs'), 65534, 65534);
    expect((await postern('audit', 'etc', '--postfix', '3.7.11')).err).toMatch(
      /is not used: .*belongs to another user/,
    );
  });
});
