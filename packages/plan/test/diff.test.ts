import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeWith } from '@postern/testbed';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ansiPalette, applyPlan, renderDiff, type Files } from '@postern/plan';
import { because, planArbitrary, planOf, setParameter, someFiles } from './examples.ts';

const files = {
  'main.cf': 'myhostname = mx.example.com\nsmtpd_helo_required = no\nbiff = no\n',
  'master.cf': 'smtp inet n - y - - smtpd\n',
};

describe('renderDiff', () => {
  it('shows each changed file as a unified diff and names what is touched', () => {
    const after = { ...files, 'main.cf': files['main.cf'].replace('required = no', 'required = yes') };
    expect(renderDiff(files, after)).toBe(
      [
        '--- main.cf',
        '+++ main.cf',
        '@@ -1,3 +1,3 @@ smtpd_helo_required',
        ' myhostname = mx.example.com',
        '-smtpd_helo_required = no',
        '+smtpd_helo_required = yes',
        ' biff = no',
        '',
      ].join('\n'),
    );
  });

  it('gives each reason once, above the hunk that it explains', () => {
    const plan = planOf(
      setParameter('smtpd_helo_required', 'yes', {
        why: 'Servers have names.',
        source: 'RFC 5321',
        versions: 'all',
      }),
      { type: 'set-service-option', name: 'smtp', serviceType: 'inet', option: 'x', value: 'y', because },
      { type: 'put-file', path: 'transport', content: 'a b\n', because },
      { type: 'postfix-action', action: 'reload', because },
    );
    const diff = renderDiff(files, applyPlan(files, plan), { plan, context: 0 });
    expect(diff.split('\n').filter((line) => /^(#|@@|\+\+\+)/.test(line))).toEqual([
      '+++ main.cf',
      '# smtpd_helo_required: Servers have names. (RFC 5321)',
      '@@ -2 +2 @@ smtpd_helo_required',
      '+++ master.cf',
      '# smtp/inet -o x: It is safer so. (postconf(5); Postfix >=2.0)',
      '@@ -1,0 +2 @@ smtp/inet',
      '+++ transport',
      '# transport: It is safer so. (postconf(5); Postfix >=2.0)',
      '@@ -0,0 +1 @@',
    ]);
    expect(diff).toContain('--- /dev/null\n+++ transport\n');
  });

  it('is empty when nothing differs', () => {
    fc.assert(
      fc.property(someFiles, (same) => {
        expect(renderDiff(same, { ...same })).toBe('');
      }),
    );
  });

  it('says where the final newline is missing', () => {
    expect(renderDiff({ a: 'x' }, { a: 'x\n' })).toBe(
      '--- a\n+++ a\n@@ -1 +1 @@\n-x\n\\ No newline at end of file\n+x\n',
    );
  });

  it('shows that a password changed, and no password', () => {
    const before = {
      'main.cf': 'smtp_sasl_password_maps = hash:$config_directory/relay\n',
      relay: '[mx]:587 joe:hunter2\n',
    };
    const after = { ...before, relay: '[mx]:587 joe:tr0ub4dor\n' };
    const diff = renderDiff(before, after);
    expect(diff).toBe('--- relay\n+++ relay\n@@ -1 +1 @@\n-[mx]:587 ********\n+[mx]:587 ********\n');
    expect(renderDiff(before, after, { showSecrets: true })).toContain('+[mx]:587 joe:tr0ub4dor');
  });

  it('paints lines, and lets no file drive the terminal', () => {
    const diff = renderDiff({ a: 'x\n' }, { a: 'y\x1b]0;owned\x07\r\n' }, { palette: ansiPalette });
    expect(diff).toContain('\x1b[32m+y\\x1b]0;owned\\x07\x1b[0m\n');
    expect(diff).toContain('\x1b[31m-x\x1b[0m\n');
  });

  it('shows a long file that changed everywhere as replaced, without searching long', () => {
    const lines = (word: string): string =>
      Array.from({ length: 6000 }, (_, index) => `${word} ${index}\n`).join('');
    const diff = renderDiff({ a: lines('old') }, { a: lines('new') });
    expect(diff.split('\n').slice(0, 4)).toEqual(['--- a', '+++ a', '@@ -1,6000 +1,6000 @@', '-old 0']);
    expect(diff).toContain('\n-old 5999\n+new 0\n');
  });
});

describeWith(['patch'], 'patch(1)', () => {
  it('takes the difference and makes the new files of the old ones', () => {
    fc.assert(
      fc.property(someFiles, planArbitrary(), (before, plan) => {
        const after = applyPlan(before, plan);
        const diff = renderDiff(before, after, { showSecrets: true });
        // An empty file and none are the same to patch.
        const isPlain = (text: string): boolean => text !== '' && !text.includes('\0');
        fc.pre(diff !== '' && [...Object.values(before), ...Object.values(after)].every(isPlain));
        expect(patched(before, diff)).toEqual(after);
      }),
      { numRuns: 40 },
    );
  });
});

function patched(before: Files, diff: string): Files {
  const folder = mkdtempSync(join(tmpdir(), 'postern-patch-'));
  try {
    const paths = new Set([
      ...Object.keys(before),
      ...[...diff.matchAll(/^\+\+\+ (.*)$/gm)].map((match) => match[1]!),
    ]);
    for (const [path, text] of Object.entries(before)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { status, stdout } = spawnSync('patch', ['-p0', '--binary', '--remove-empty-files', '--batch'], {
      cwd: folder,
      input: diff,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${stdout}\n${diff}`);
    return Object.fromEntries(
      [...paths].flatMap((path) => {
        try {
          return [[path, readFileSync(join(folder, path), 'utf8')]];
        } catch {
          return [];
        }
      }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
