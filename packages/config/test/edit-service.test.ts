import { describe, expect, it } from 'vitest';
import { parseMaster, printMaster, putService, removeService, setServiceOption } from '../src/index.ts';

const text = [
  '# service type  private unpriv  chroot  wakeup  maxproc command + args',
  'smtp      inet  n       -       y       -       -       smtpd',
  'submission inet n       -       y       -       -       smtpd',
  '  -o syslog_name=postfix/submission',
  '# only with TLS',
  '  -o smtpd_tls_security_level=encrypt',
  '  -o { smtpd_banner = $myhostname ESMTP }',
  'maildrop  unix  -       n       n       -       -       pipe',
  '  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}',
  '',
].join('\n');
const set = (name: string, option: string, value: string | null, version?: string, from = text): string =>
  printMaster(
    setServiceOption(
      parseMaster(from),
      { name, type: name === 'maildrop' ? 'unix' : 'inet' },
      option,
      value,
      version === undefined ? {} : { version },
    ),
  );
const swap = (from: string, to: string): string => {
  expect(text).toContain(from);
  return text.replace(from, () => to);
};

describe('setServiceOption', () => {
  it('changes the value and leaves the other lines alone', () => {
    expect(set('submission', 'smtpd_tls_security_level', 'may')).toBe(swap('level=encrypt', 'level=may'));
    expect(set('submission', 'smtpd_banner', 'hello world')).toBe(swap('$myhostname ESMTP', 'hello world'));
    expect(set('submission', 'smtpd_banner', 'hello')).toBe(swap('$myhostname ESMTP', 'hello'));
  });

  it('adds an option behind the others, in their style', () => {
    expect(set('submission', 'x', '1')).toBe(swap('ESMTP }\n', 'ESMTP }\n  -o x=1\n'));
    expect(set('smtp', 'x', '1')).toBe(swap('smtpd\nsubmission', 'smtpd\n  -o x=1\nsubmission'));
    expect(set('maildrop', 'x', '1')).toBe(swap('pipe\n', 'pipe\n  -o x=1\n'));
    expect(set('a', 'y', '2', undefined, 'a inet n - y - - smtpd -o x=1\n')).toBe(
      'a inet n - y - - smtpd -o x=1 -o y=2\n',
    );
    expect(set('a', 'y', '2', undefined, 'a inet n - y - - smtpd')).toBe('a inet n - y - - smtpd\n  -o y=2');
    expect(set('a', 'y', '2', undefined, 'a inet n - y - - pipe flags=x\r\n')).toBe(
      'a inet n - y - - pipe -o y=2 flags=x\r\n',
    );
  });

  it('takes an option out together with its line', () => {
    expect(set('submission', 'smtpd_tls_security_level', null)).toBe(
      swap('  -o smtpd_tls_security_level=encrypt\n', ''),
    );
    expect(set('a', 'x', null, undefined, 'a inet n - y - - smtpd -o x=1 -o y=2\n')).toBe(
      'a inet n - y - - smtpd -o y=2\n',
    );
    expect(set('a', 'y', null, undefined, 'a inet n - y - - smtpd -o x=1 -o y=2\n')).toBe(
      'a inet n - y - - smtpd -o x=1\n',
    );
    expect(set('a', 'x', null, undefined, 'a inet n - y - - smtpd\n  -o x=1')).toBe('a inet n - y - - smtpd');
  });

  it('writes braces around blanks, and says so when the version cannot read them', () => {
    expect(set('smtp', 'x', 'a b')).toContain('\n  -o { x = a b }\n');
    expect(() => set('smtp', 'x', 'a b', '2.11.3')).toThrow(/2\.11\.3 cannot read/);
    expect(() => set('nobody', 'x', '1')).toThrow(/no service nobody\/inet/);
  });
});

describe('putService', () => {
  it('adds a service in aligned columns', () => {
    const tree = putService(parseMaster(text), {
      name: 'policy-spf',
      type: 'unix',
      unprivileged: false,
      chroot: false,
      maxproc: 0,
      command: 'spawn',
      options: [],
      arguments: ['user=nobody', 'argv=/usr/bin/policyd-spf'],
    });
    expect(printMaster(tree)).toBe(
      `${text}policy-spf unix -       n       n       -       0       spawn\n  user=nobody argv=/usr/bin/policyd-spf\n`,
    );
  });

  it('changes the columns that differ and keeps the rest aligned', () => {
    const tree = putService(parseMaster(text), {
      name: 'smtp',
      type: 'inet',
      private: false,
      chroot: false,
      maxproc: 100,
      command: 'smtpd',
      options: [],
      arguments: [],
    });
    expect(printMaster(tree)).toBe(
      swap(
        'smtp      inet  n       -       y       -       -       smtpd\n',
        'smtp      inet  n       -       n       -       100     smtpd\n',
      ),
    );
  });

  it('takes out options that are not wanted and keeps inner comments', () => {
    const tree = putService(parseMaster(text), {
      name: 'submission',
      type: 'inet',
      private: false,
      chroot: true,
      command: 'smtpd',
      options: [{ name: 'smtpd_tls_security_level', value: 'may' }],
      arguments: [],
    });
    expect(printMaster(tree)).toBe(
      text
        .replace('  -o syslog_name=postfix/submission\n', '')
        .replace('=encrypt', '=may')
        .replace('  -o { smtpd_banner = $myhostname ESMTP }\n', ''),
    );
  });

  it('gives the same tree when all is so already', () => {
    const tree = parseMaster(text);
    const service = {
      name: 'maildrop',
      type: 'unix',
      unprivileged: false,
      chroot: false,
      command: 'pipe',
      options: [],
      arguments: ['flags=DRXhu', 'user=vmail', 'argv=/usr/bin/maildrop', '-d', '${recipient}'],
    } as const;
    expect(putService(tree, service)).toBe(tree);
    expect(printMaster(putService(tree, { ...service, arguments: ['flags=q', 'argv=/x'] }))).toBe(
      swap('  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}\n', '  flags=q argv=/x\n'),
    );
  });
});

describe('removeService', () => {
  it('takes out the entry and leaves its comments', () => {
    expect(printMaster(removeService(parseMaster(text), 'submission', 'inet'))).toBe(
      swap(text.slice(text.indexOf('submission'), text.indexOf('maildrop')), '# only with TLS\n'),
    );
  });
});
