import { expect, it } from 'vitest';
import { scopeOf } from '../../src/postfix/scope.ts';

const bytes = new Uint8Array();
const main = { path: 'main.cf', bytes, before: null };

function scope(before: string, after: string, over: Partial<Parameters<typeof scopeOf>[0]> = {}): string {
  return scopeOf(
    {
      files: [main],
      sysctls: [],
      tables: [],
      action: 'reload',
      needs: [],
      before: { 'main.cf': before },
      after: { 'main.cf': after },
      redacted: [],
      ...over,
    },
    '3.7.11',
  );
}

it('is the settings where main.cf alone changes, and nothing that `postfix check` looks at', () => {
  expect(scope('smtpd_helo_required = no\n', 'smtpd_helo_required = yes\n')).toBe('settings');
});

it('is the installation where a folder, an owner or a queue changes, also through another parameter', () => {
  expect(scope('', 'queue_directory = /srv/mail\n')).toBe('installation');
  expect(scope('', 'mail_owner = mta\n')).toBe('installation');
  expect(scope('', 'hash_queue_depth = 2\n')).toBe('installation');
  const through = 'queue_directory = $base/postfix\n';
  expect(scope(`base = /var/spool\n${through}`, `base = /srv\n${through}`)).toBe('installation');
});

it('is the installation where another file changes, a file goes, or Postfix does not simply read again', () => {
  expect(scope('', '', { files: [main, { ...main, path: 'master.cf' }] })).toBe('installation');
  expect(scope('', '', { files: [{ ...main, bytes: null }] })).toBe('installation');
  expect(scope('', '', { action: 'start' })).toBe('installation');
  expect(scope('', '', { action: 'restart' })).toBe('installation');
});
