import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseMain, parseMaster, validate, type Problem } from '@postern/config';
import { inParallel, PostconfFolder } from './real-postconf.ts';
import { corpusDirectory, describeWith, findProgram, missing } from '@postern/testbed';

const scratch = mkdtempSync(join(tmpdir(), 'postern-judge-'));
afterAll(() => rmSync(scratch, { recursive: true }));
let folders = 0;

/** A folder of configuration, dated back so that Postfix does not wait for it to settle. */
function folderOf(main: string, master: string): string {
  const folder = join(scratch, String(folders++));
  spawnSync('mkdir', [folder]);
  for (const [name, text] of [
    ['main.cf', main],
    ['master.cf', master],
  ] as const) {
    writeFileSync(join(folder, name), text, 'latin1');
    utimesSync(join(folder, name), 1e9, 1e9);
  }
  return folder;
}

const services = `
smtp      inet  n - y - - smtpd
smtp      unix  - - y - - smtp
relay     unix  - - y - - smtp
local     unix  - n n - - local
virtual   unix  - n n - - virtual
lmtp      unix  - - y - - lmtp
error     unix  - - y - - error
retry     unix  - - y - - error
maildrop  unix  - n n - - pipe flags=DRXhu user=vmail argv=/usr/bin/maildrop -d \${recipient}
`;

/** The version of the installed Postfix. */
const version = missing('postconf')
  ? '3.7.11'
  : spawnSync(findProgram('postconf')!, ['-dh', 'mail_version'], { encoding: 'utf8' }).stdout.trim();

describeWith(['postconf', 'corpus'], 'real files beside postconf', () => {
  /** What postconf says about the files, a complaint a line. */
  const complaints = async (main: string, master: string, option: string): Promise<string[]> => {
    using folder = new PostconfFolder();
    folder.write(Buffer.from(main, 'latin1'), Buffer.from(master, 'latin1'));
    const { stderr } = await folder.run(option);
    return stderr.replaceAll(`${folder.path}/`, '').split('\n');
  };
  const read = (kind: string): [string, string][] =>
    readdirSync(join(corpusDirectory, kind)).map((name) => [
      name,
      readFileSync(join(corpusDirectory, kind, name), 'latin1'),
    ]);

  /** Whether a line that postconf prints has a counterpart among our problems. */
  function isTold(line: string, problems: readonly Problem[], text: string): boolean {
    const [, unused] = /unused parameter: ([^=]+)=/.exec(line) ?? [];
    const [, undefinedName] = /undefined parameter: (\S+)/.exec(line) ?? [];
    const [, duplicateLine, duplicate] = /line (\d+): overriding earlier entry: ([^=]+)=/.exec(line) ?? [];
    const [, fatalLine] = /fatal: .*line (\d+): /.exec(line) ?? [];
    const shows = (problem: Problem, codes: string, what: string): boolean =>
      codes.split(' ').includes(problem.code) && text.slice(problem.range.start, problem.range.end) === what;
    if (unused)
      return problems.some((p) =>
        shows(p, 'unused-parameter parameter-not-in-version parameter-removed', unused),
      );
    if (undefinedName) return problems.some((p) => shows(p, 'undefined-parameter', undefinedName));
    // postconf -c DIR sets it before it reads the file.
    if (duplicate === 'config_directory')
      return problems.some((p) => shows(p, 'read-only-parameter', duplicate));
    if (duplicate)
      return problems.some(
        (p) =>
          shows(p, 'duplicate-parameter', duplicate) &&
          p.level === 'warning' &&
          p.at.line <= Number(duplicateLine),
      );
    if (fatalLine) return problems.some((p) => p.level === 'error' && p.at.line === Number(fatalLine));
    return (
      line.includes('invalid process_limit field') &&
      problems.some(({ code }) => code === 'bad-service-field')
    );
  }

  // A database's own file is on the host; a configuration alone does not have it.
  const isOurs = (line: string): boolean => line !== '' && !/: open "\w+" configuration /.test(line);

  /** What postconf tells about the files of a kind and we do not. */
  async function untold(kind: 'main' | 'master', option: string): Promise<string[]> {
    const lines: string[] = [];
    await inParallel(read(kind), async ([name, text]) => {
      const [main, master] = kind === 'main' ? [text, services] : ['compatibility_level = 3.6\n', text];
      const problems = validate({ main: parseMain(main), master: parseMaster(master), version });
      for (const line of await complaints(main, master, option)) {
        if (isOurs(line) && !isTold(line, problems, text)) lines.push(`${name}: ${line}`);
      }
    });
    return lines;
  }

  it('tells all that postconf tells about each main.cf', async () => {
    expect(await untold('main', '-n')).toEqual([]);
  }, 60_000);

  it('tells all that postconf tells about each master.cf', async () => {
    expect(await untold('master', '-P')).toEqual([]);
  }, 60_000);
});

const daemonFolder = missing('postconf')
  ? ''
  : spawnSync(findProgram('postconf')!, ['-dh', 'daemon_directory'], { encoding: 'utf8' }).stdout.trim();
const smtpd = join(daemonFolder, 'smtpd');

describe.skipIf(!existsSync(smtpd) || missing('root') !== undefined)('smtpd itself', () => {
  /** Whether smtpd, on its own and for one QUIT, starts with these settings. After a fatal error it sleeps a second. */
  function starts(settings: string, overrides: readonly string[] = []): Promise<boolean> {
    const folder = folderOf(settings, services);
    return new Promise((resolve) => {
      const child = spawn(smtpd, ['-S', ...overrides.flatMap((override) => ['-o', override])], {
        env: { ...process.env, MAIL_CONFIG: folder },
        stdio: ['pipe', 'ignore', 'ignore'],
      });
      child.stdin.on('error', () => {});
      child.stdin.end('QUIT\r\n');
      // A server that waits for another has started, and none of these settings makes it wait.
      const patience = setTimeout(() => child.kill(), 20_000);
      child.once('close', (code) => {
        clearTimeout(patience);
        resolve(code === 0);
      });
    });
  }

  const base = 'compatibility_level = 3.6\nlocal_recipient_maps =\n';

  /** Which of the settings smtpd and we find right. */
  async function judge(settings: readonly string[]): Promise<{ smtpd: string[]; ours: string[] }> {
    const started = await Promise.all(settings.map((setting) => starts(base + setting)));
    const isRight = (setting: string): boolean =>
      !validate({ main: parseMain(base + setting), version }).some(({ level }) => level === 'error');
    return {
      smtpd: settings.filter((_, at) => started[at]),
      ours: settings.filter((setting) => isRight(setting)),
    };
  }

  it('stops where we say error: booleans, numbers, times', async () => {
    const boolean = fc.constantFrom('yes', 'no', 'YES', 'No', 'true', '1', '', 'y', 'yes no', '$nothing');
    const number = fc.oneof(
      fc.constantFrom(
        '',
        '0',
        '+5',
        '-5',
        '0x5',
        '5.0',
        '1e3',
        '5 ',
        '2147483647',
        '2147483648',
        '99999999999999999999',
        '$smtpd_soft_error_limit',
      ),
      fc.integer({ min: -3, max: 3 }).map(String),
    );
    const time = fc.oneof(
      fc.constantFrom(
        '',
        'd',
        '+d',
        '-0s',
        '0',
        '+5',
        '-5',
        '5W',
        '5sec',
        '3549w',
        '3550w',
        '3551w',
        '24855d',
        '24854d',
        '596523h',
        '596522h',
        '35791394m',
        '35791393m',
        '2147483647s',
        '5 m',
        '1.5h',
      ),
      fc
        .tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom('s', 'm', 'h', 'd', 'w', 'x', '', 'S'))
        .map((parts) => parts.join('')),
    );
    const sample = <T>(values: fc.Arbitrary<T>, name: string): string[] => [
      ...new Set(fc.sample(values, { numRuns: 60, seed: 7 }).map((value) => `${name} = ${String(value)}\n`)),
    ];
    const settings = [
      ...sample(boolean, 'smtpd_helo_required'),
      ...sample(number, 'smtpd_recipient_limit'),
      ...sample(time, 'smtpd_timeout'),
    ];
    const { smtpd: theirs, ours } = await judge(settings);
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(settings.length / 4);
  });

  it('stops where we say error: words, tables, levels, expressions, relay control', async () => {
    const settings = [
      'compatibility_level = 3.6.1',
      'compatibility_level = 3.x',
      'compatibility_level = -1',
      'compatibility_level = 0',
      'inet_protocols = ipv5',
      'inet_protocols =',
      'mynetworks_style = foo',
      'notify_classes = bounce, resource',
      'notify_classes = foo',
      'receive_override_options = foo',
      'reject_tempfail_action = foo',
      'smtpd_tls_security_level = foo',
      'smtpd_tls_security_level = verify',
      'virtual_alias_maps = foo',
      'virtual_alias_maps = static:foo',
      'smtpd_discard_ehlo_keywords = foo',
      'smtpd_restriction_classes = foo, bar',
      'smtpd_restriction_classes = foo\nfoo = reject',
      'smtpd_restriction_classes = foo\nfoo = reject\nsmtpd_relay_restrictions = foo',
      'smtpd_restriction_classes = foo\nfoo = permit, reject\nsmtpd_relay_restrictions = foo',
      'smtpd_relay_restrictions = permit_mynetworks',
      'smtpd_relay_restrictions = permit_mynetworks, REJECT_unauth_destination',
      'smtpd_relay_restrictions = warn_if_reject reject_unauth_destination',
      'smtpd_relay_restrictions = permit, reject',
      'smtpd_relay_restrictions = defer_if_permit',
      'smtpd_relay_restrictions = defer',
      'smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = reject_unauth_destination',
      'mydestination = $',
      'mydestination = ${x',
      'mydestination = a $$ b',
    ].map((setting) => `${setting}\n`);
    const { smtpd: theirs, ours } = await judge(settings);
    expect(ours).toEqual(theirs);
    expect(ours.length).toBeGreaterThan(8);
  });

  it('stops where we say that strangers may relay, with or without overrides of its own', async () => {
    const cases: [main: string, ...overrides: string[]][] = [
      [''],
      ['compatibility_level = 0\n'],
      ['compatibility_level = 1\n'],
      ['smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination\n'],
      ['smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination\n'],
      ['', 'smtpd_relay_restrictions=reject'],
      ['', 'compatibility_level=3.6'],
      ['compatibility_level = 3.6\n', 'smtpd_relay_restrictions='],
      [
        'compatibility_level = 3.6\n',
        'smtpd_relay_restrictions=',
        'smtpd_recipient_restrictions=permit_mynetworks,reject',
      ],
      ['mua = permit_sasl_authenticated,reject\nsmtpd_relay_restrictions = $mua\n', 'mua=permit'],
      ['mua = permit\nsmtpd_relay_restrictions = $mua\n', 'mua=reject'],
      ['smtpd_restriction_classes = c\nc = reject\nsmtpd_relay_restrictions = c\n', 'c=permit'],
    ];
    const judged = await Promise.all(
      cases.map(async ([settings, ...overrides]) => {
        const main = `local_recipient_maps =\n${settings}`;
        const options = overrides.map((override) => ` -o ${override}`).join('');
        const problems = validate({
          main: parseMain(main),
          master: parseMaster(`smtp inet n - y - - smtpd${options}\npickup unix n - y 60 1 pickup\n`),
          version,
        });
        const ours = problems.every(({ level }) => level !== 'error');
        return { case: [settings, ...overrides], smtpd: await starts(main, overrides), ours };
      }),
    );
    expect(judged.filter((one) => one.smtpd !== one.ours)).toEqual([]);
    expect(judged.filter(({ ours }) => ours).length).toBe(7);
  });
});
