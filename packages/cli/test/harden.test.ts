import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './run.ts';

const host = join(import.meta.dirname, '../../../examples/quickstart/host');
const on37 = ['--postfix', '3.7.11'];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'harden-'));
  cpSync(host, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

describe('postern audit', () => {
  it('prints findings with file, line and rule, and exits 1', async () => {
    const { code, out } = await run(['audit', folder, ...on37]);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^ {2}48:5 +error +zen\.spamhaus\.org is asked without a reply filter.* {2}dnsbl-without-filter$/m,
    );
    expect(out).toMatch(/\d+ findings: 3 errors, \d+ warnings, \d+ notes in .* for Postfix 3\.7\.11/);
  });

  it('gives the same as JSON', async () => {
    const { code, out } = await run(['audit', folder, ...on37, '--json']);
    const report = JSON.parse(out) as {
      target: string;
      postfix: string;
      findings: Record<string, unknown>[];
    };
    expect(code).toBe(1);
    expect(report).toMatchObject({ target: folder, postfix: '3.7.11' });
    expect(report.findings.find(({ rule }) => rule === 'dnsbl-without-filter')).toMatchObject({
      level: 'error',
      at: { file: 'main.cf', line: 48, column: 5 },
      confidence: 'certain',
      fix: [{ type: 'set-parameter', name: 'smtpd_recipient_restrictions' }],
    });
  });

  it('gives the same as SARIF 2.1.0', async () => {
    const { code, out } = await run(['audit', folder, ...on37, '--sarif']);
    const log = JSON.parse(out) as { version: string; runs: { results: { ruleId: string }[] }[] };
    expect(code).toBe(1);
    expect(log.version).toBe('2.1.0');
    expect(log.runs[0]?.results.map(({ ruleId }) => ruleId)).toContain('dnsbl-without-filter');
  });

  it('tells SARIF which folder its file names are in', async () => {
    const { out } = await run(['audit', basename(folder), ...on37, '--sarif'], { cwd: tmpdir() });
    expect(JSON.parse(out)).toMatchObject({
      runs: [
        {
          tool: { driver: { version: expect.stringMatching(/^\d/) as string } },
          originalUriBaseIds: { ROOT: { uri: `file://${folder}/` } },
          results: expect.arrayContaining([
            expect.objectContaining({
              locations: [
                expect.objectContaining({
                  physicalLocation: expect.objectContaining({
                    artifactLocation: { uri: 'main.cf', uriBaseId: 'ROOT' },
                  }) as object,
                }),
              ],
            }),
          ]) as object[],
        },
      ],
    });
  });

  it('does not let a file steer the terminal', async () => {
    writeFileSync(
      join(folder, 'main.cf'),
      'smtpd_helo_required = \x1b]0;x\x07\r\nbiff = no\r\nrelayhost = \x1b[2J\n',
    );
    const { out } = await run(['audit', folder, ...on37]);
    expect(out).toContain('not "\\x1b]0;x\\x07"');
    const terminal = await run(['plan', folder, ...on37], { terminal: true });
    for (const control of ['\x1b', '\x07']) expect(terminal.out).not.toContain(control);
    expect(terminal.out).toContain('relayhost = \\x1b[2J');
    const pipe = await run(['plan', folder, ...on37]);
    expect(pipe.out).toContain('relayhost = \x1b[2J');
  });

  it('says what breaks the guide as printed, by line', async () => {
    writeFileSync(
      join(folder, 'main.cf'),
      'smtpd_helo_restrictions =\npermit_mynetworks,\nreject_invalid_helo_hostname\n',
    );
    const { code, out } = await run(['audit', folder, ...on37]);
    expect(code).toBe(1);
    expect(out).toMatch(/^ {2}2:1 +error/m);
    expect(out).toContain('line-without-equals');
  });
});

describe('postern plan, apply and rollback', () => {
  it('walk the road: a plan, its application, an empty plan, and back byte for byte', async () => {
    const before = [read('main.cf'), read('master.cf')];
    const planned = await run(['plan', folder, ...on37]);
    expect(planned.code).toBe(1);
    expect(planned.out).toContain('+smtpd_forbid_bare_newline = normalize');
    expect([read('main.cf'), read('master.cf')]).toEqual(before);

    const applied = await run(['apply', folder, ...on37]);
    expect(applied.code).toBe(0);
    expect(applied.out).toMatch(/Written: (main\.cf, master\.cf|master\.cf, main\.cf) in /);
    expect(read('main.cf')).toContain('zen.spamhaus.org=127.0.0.[2..11]');

    const again = await run(['plan', folder, ...on37]);
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toMatch(/^Nothing to change\./);
    const times = statSync(join(folder, 'main.cf')).mtimeMs;
    expect((await run(['apply', folder, ...on37])).code).toBe(0);
    expect(statSync(join(folder, 'main.cf')).mtimeMs).toBe(times);

    expect((await run(['status', folder])).code).toBe(0);
    expect((await run(['rollback', folder])).code).toBe(0);
    expect([read('main.cf'), read('master.cf')]).toEqual(before);
  });

  it('give a plan as JSON that has a reason for every change', async () => {
    const { code, out } = await run(['plan', folder, ...on37, '--json']);
    expect(code).toBe(1);
    const plan = JSON.parse(out) as { changes: { because: { why: string; source: string } }[]; diff: string };
    expect(plan.changes.length).toBeGreaterThan(10);
    for (const { because } of plan.changes) {
      expect(because.why).not.toBe('');
      expect(because.source).not.toBe('');
    }
    expect(plan.diff).toContain('--- main.cf');
  });

  it('set what the command line tells: host name and certificate', async () => {
    const { out } = await run([
      'plan',
      folder,
      ...on37,
      '--hostname',
      'mx.example.no',
      '--cert',
      '/etc/ssl/mx.pem',
      '--key',
      '/etc/ssl/mx.key',
    ]);
    expect(out).toContain('+myhostname = mx.example.no');
    expect(out).toContain('/etc/ssl/mx.pem');
  });

  it('never plan what the version does not know', async () => {
    const { out } = await run(['plan', folder, '--postfix', '2.11.0', '--json']);
    const { changes } = JSON.parse(out) as { changes: { type: string; name: string }[] };
    const names = changes.filter(({ type }) => type === 'set-parameter').map(({ name }) => name);
    expect(names).not.toContain('smtpd_forbid_bare_newline');
    expect(names).not.toContain('compatibility_level');
  });

  it('show what somebody else changed since, and refuse to lose it', async () => {
    await run(['apply', folder, ...on37]);
    writeFileSync(join(folder, 'main.cf'), `${read('main.cf')}message_size_limit = 1\n`);
    const status = await run(['status', folder]);
    expect(status).toMatchObject({ code: 1 });
    expect(status.out).toContain('+message_size_limit = 1');
    const rollback = await run(['rollback', folder]);
    expect(rollback.code).toBe(3);
    expect(rollback.err).toContain('was changed by somebody else');
    expect(read('main.cf')).toContain('message_size_limit = 1');
  });
});

describe('rules, profiles and permissions of your own', () => {
  const library = join(import.meta.dirname, '../../hardening/src/index.ts');
  const item = { rule: 'vrfy-enabled', until: '2999-12-31', because: 'the scanner asks' };

  it('adds the rules of a module to ours', async () => {
    writeFileSync(
      join(folder, 'our-rules.mjs'),
      `import { defineRule } from ${JSON.stringify(library)};
export default [defineRule({ id: 'our-rule', level: 'note', versions: 'all', source: 'us', title: 't', why: 'w',
  *check(subject) { yield { message: subject.main.setting('myhostname').value }; } })];`,
    );
    const { out } = await run(['audit', folder, ...on37, '--rules', join(folder, 'our-rules.mjs'), '--json']);
    const { findings } = JSON.parse(out) as { findings: { rule: string; message: string }[] };
    expect(findings).toContainEqual(
      expect.objectContaining({ rule: 'our-rule', message: 'mail.yourdomain.no' }),
    );
    expect(findings.map(({ rule }) => rule)).toContain('vrfy-enabled');
  });

  it('plans by the profile of a module', async () => {
    writeFileSync(
      join(folder, 'our-profile.mjs'),
      `export const ours = { id: 'ours', title: 't', description: 'd', rules: [], measures: [{ id: 'biff', title: 't',
  why: 'w', source: 's', versions: 'all', plan: ({ main }) => ({ edits: [main.setting('biff').set('yes')] }) }] };`,
    );
    const { out } = await run([
      'plan',
      folder,
      ...on37,
      '--profile',
      join(folder, 'our-profile.mjs'),
      '--json',
    ]);
    const { changes } = JSON.parse(out) as { changes: { name?: string }[] };
    expect(changes.map(({ name }) => name)).toEqual(['biff', undefined]);
  });

  it('leaves out what a file allows, and counts it', async () => {
    const file = join(folder, 'allowed.json');
    writeFileSync(file, JSON.stringify([item]));
    const { out } = await run(['audit', folder, ...on37, '--suppressions', file]);
    expect(out).not.toContain('vrfy-enabled');
    expect(out).toContain('1 more are allowed');
  });

  it('shows what a newer Postfix needs', async () => {
    const { code, out } = await run(['modernise', folder, '--from', '2.11', '--to', '3.12', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      obstacles: [],
      changes: expect.arrayContaining([
        expect.objectContaining({ name: 'compatibility_level', value: '3.11' }),
      ]) as unknown[],
    });
    expect(read('main.cf')).not.toContain('compatibility_level = 3.11');
  });
});

describe('bad input', () => {
  it.each([
    ['a folder that is not there', ['audit', '/nowhere/at/all'], 3, /\/nowhere\/at\/all/],
    ['a folder without main.cf', ['audit', tmpdir()], 3, /has no main\.cf/],
    [
      'a version that is none',
      ['audit', host, '--postfix', 'latest'],
      2,
      /--postfix latest is no Postfix version/,
    ],
    [
      'a profile that is none',
      ['plan', host, '--profile', 'fortress'],
      2,
      /--profile fortress: there is no such profile\. Choose one of internet-mx, submission, relay-only, null-client, backup-mx/,
    ],
    ['a certificate without its key', ['plan', host, '--cert', 'x'], 2, /--cert and --key together/],
    ['both formats', ['audit', host, '--json', '--sarif'], 2, /choose one/],
    ['no target', ['audit'], 2, /missing required argument/],
    ['an id that is none', ['rollback', host, '0099'], 3, /no apply 0099/],
  ])('%s', async (_, argv, code, message) => {
    const result = await run(
      argv[0] === 'rollback' || argv.includes('--postfix') ? argv : [...argv, ...on37],
    );
    expect(result.err).toMatch(message);
    expect(result.code).toBe(code);
  });

  it('a main.cf of 100 MB is refused at once, with its size', async () => {
    spawnSync('truncate', ['-s', '100M', join(folder, 'main.cf')]);
    const { code, err } = await run(['audit', folder, ...on37]);
    expect(code).toBe(3);
    expect(err).toMatch(/main\.cf/);
  });

  it('a master.cf line with too few fields gets its line, and nothing is written', async () => {
    writeFileSync(join(folder, 'master.cf'), 'smtp inet n\n');
    const { code, out } = await run(['audit', folder, ...on37]);
    expect(code).toBe(1);
    expect(out).toMatch(/^master\.cf\n {2}1:1 +error/m);
    const plan = await run(['apply', folder, ...on37]);
    expect(plan.code).toBe(3);
    expect(plan.err).toContain('nothing can be planned');
    expect(read('master.cf')).toBe('smtp inet n\n');
  });
});

describe('a folder without master.cf', () => {
  beforeEach(() => rmSync(join(folder, 'master.cf')));

  it('is audited, with a word about it', async () => {
    const { code, err } = await run(['audit', folder, ...on37]);
    expect(code).toBe(1);
    expect(err).toBe(`postern: ${folder}: has no master.cf, and Postfix does not start without one\n`);
  });

  it.each(['plan', 'apply'])('is refused by %s, with what to do', async (command) => {
    const before = read('main.cf');
    const { code, out, err } = await run([command, folder, ...on37]);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toMatch(/has no master\.cf, .* Nothing was planned\. Put the one of your distribution there/);
    expect(read('main.cf')).toBe(before);
  });
});

describe('a reader that goes away', () => {
  const bin = ['--conditions=@postern/source', '--disable-warning=ExperimentalWarning'];
  const main = join(import.meta.dirname, '../src/main.ts');
  /** Runs the command into a pipe that nobody reads, and gives its exit code. */
  const intoClosedPipe = (...args: string[]): number | null =>
    spawnSync(
      'bash',
      [
        '-c',
        'trap "" PIPE; "$@" 2>&1 > >(exec <&-) | cat >&2; exit "${PIPESTATUS[0]}"',
        '-',
        process.execPath,
        ...bin,
        main,
        ...args,
      ],
      { encoding: 'utf8' },
    ).status;

  it('does not make findings look like none, or a failure like findings', () => {
    expect(intoClosedPipe('audit', folder, ...on37)).toBe(1);
    expect(intoClosedPipe('plan', folder, ...on37)).toBe(1);
  });

  it('does not make an apply that wrote nothing look like one that did', () => {
    const before = read('main.cf');
    const status = intoClosedPipe('apply', folder, ...on37, '--yes');
    expect(status).toBe(read('main.cf') === before ? 3 : 0);
  });
});
