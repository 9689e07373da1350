import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  parseMain,
  printMain,
  removeParameter,
  setParameter,
  userDefined,
} from '../src/index.ts';

const set = (text: string, name: string, value: string | readonly string[]): string =>
  printMain(setParameter(parseMain(text), name, value));
const remove = (text: string, name: string): string => printMain(removeParameter(parseMain(text), name));

describe('setParameter', () => {
  it('changes the value and nothing around it', () => {
    expect(set('# head\na  =  1\t\nb=2\n', 'a', '9')).toBe('# head\na  =  9\nb=2\n');
    expect(set('a=1\n', 'a', '9')).toBe('a=9\n');
    expect(set('a =\n', 'a', '9')).toBe('a = 9\n');
    expect(set('a=\n', 'a', '9')).toBe('a=9\n');
    expect(set('a = 1\n', 'a', '')).toBe('a =\n');
  });

  it('keeps every other entry the same object', () => {
    const tree = parseMain('a = 1\n# c\nb = 2\n\nc = 3\n');
    const edited = setParameter(tree, userDefined('b'), '9');
    expect(edited.entries[0]).toBe(tree.entries[0]);
    expect(edited.entries[1]).toBe(tree.entries[1]);
    expect(edited.entries[3]).toBe(tree.entries[3]);
    expect(edited.entries[4]).toBe(tree.entries[4]);
    expect(edited.entries[2]).toMatchObject({ text: 'b = 9\n', range: tree.entries[2]!.range });
    expect(setParameter(tree, userDefined('b'), '2')).toBe(tree);
  });

  it('edits the entry that Postfix reads when there are several', () => {
    expect(set('a = 1\na = 2\n', 'a', '9')).toBe('a = 1\na = 9\n');
  });

  it('keeps a missing final newline and CRLF', () => {
    expect(set('b = 1\na = 2', 'a', '9')).toBe('b = 1\na = 9');
    expect(set('b = 1\r\na = 2\r\n', 'b', '9')).toBe('b = 9\r\na = 2\r\n');
    expect(set('b = 1\r\na = 2', 'c', '9')).toBe('b = 1\r\na = 2\r\nc = 9');
    expect(set('', 'c', '9')).toBe('c = 9\n');
  });

  it('keeps the comment between two continuation lines when the list changes', () => {
    const list = 'r =\n    permit_mynetworks,\n# partners\n    check_a hash:/x,\n    reject\n';
    expect(set(list, 'r', 'permit_mynetworks, reject')).toBe(
      'r =\n    permit_mynetworks,\n# partners\n    reject\n',
    );
    expect(set(list, 'r', 'permit_mynetworks, check_a hash:/x, new_one, reject')).toBe(
      'r =\n    permit_mynetworks,\n# partners\n    check_a hash:/x,\n    new_one,\n    reject\n',
    );
    expect(set(list, 'r', 'permit_mynetworks, check_a hash:/x')).toBe(
      'r =\n    permit_mynetworks,\n# partners\n    check_a hash:/x\n',
    );
    expect(set(list, 'r', [])).toBe('r =\n# partners\n');
  });

  it('keeps the style of a list: commas, tabs, one line or many', () => {
    expect(set('r = a b c\n', 'r', ['a', 'x', 'b', 'c'])).toBe('r = a x b c\n');
    expect(set('r = a,b,c\n', 'r', ['a', 'c'])).toBe('r = a,c\n');
    expect(set('r = a\n\tb\n\tc\n', 'r', ['a', 'b', 'c', 'd'])).toBe('r = a\n\tb\n\tc\n\td\n');
    expect(set('r = a,\r\n\tb,\r\n', 'r', ['b', 'c'])).toBe('r =\r\n\tb,\r\n\tc,\r\n');
    expect(set('r = a\n  b', 'r', ['a'])).toBe('r = a');
    expect(set('r = a\n  , b\n  , c\n', 'r', ['a', 'c'])).toBe('r = a\n  , c\n');
  });

  it('puts a plain value on the line where the old one began', () => {
    expect(set('a =\n    1\n# c\n', 'a', '9')).toBe('a =\n    9\n# c\n');
  });

  it('puts a new parameter behind its kin, or at the end', () => {
    const text = 'smtpd_tls_cert_file = x\nsmtpd_banner = y\n\nmyhostname = z\n# end\n';
    expect(set(text, 'smtpd_tls_key_file', 'k')).toBe(
      'smtpd_tls_cert_file = x\nsmtpd_tls_key_file = k\nsmtpd_banner = y\n\nmyhostname = z\n# end\n',
    );
    expect(set(text, 'smtpd_helo_required', 'yes')).toContain(
      'smtpd_banner = y\nsmtpd_helo_required = yes\n\n',
    );
    expect(set(text, 'relayhost', 'r')).toBe(`${text}relayhost = r\n`);
  });

  it('gives a long new list a line for each element', () => {
    const elements = [
      'permit_mynetworks',
      'permit_sasl_authenticated',
      'reject_unauth_destination',
      'reject',
    ];
    expect(set('', 'smtpd_recipient_restrictions', elements)).toBe(
      'smtpd_recipient_restrictions =\n    permit_mynetworks,\n    permit_sasl_authenticated,\n    reject_unauth_destination,\n    reject\n',
    );
  });

  it('keeps a restriction on the line of its argument', () => {
    const restrictions = 'permit_mynetworks, reject_rbl_client a.b, check_policy_service { unix:x, y=z }';
    expect(set('r = permit_mynetworks,\n  reject\n', 'r', restrictions)).toBe(
      'r = permit_mynetworks,\n  reject_rbl_client a.b,\n  check_policy_service { unix:x, y=z }\n',
    );
    expect(set('r = permit_mynetworks\n  reject\n', 'r', `${restrictions}, reject`)).toBe(
      'r = permit_mynetworks\n  reject_rbl_client a.b\n  check_policy_service { unix:x, y=z }\n  reject\n',
    );
  });

  it('keeps the line breaks of a value that brings its own', () => {
    expect(set('', 'r', '\na,\n  b')).toBe('r =\n    a,\n  b\n');
    expect(set('r = 1\r\n', 'r', '\n  a,\n  b')).toBe('r =\r\n    a,\r\n  b\r\n');
    expect(set('r =\n  1\n', 'r', '\n    a,\n    b')).toBe('r =\n  a,\n    b\n');
  });

  it('never lets a value become a comment', () => {
    expect(set('a =\n  1\n# c\n  2\n', 'a', '#9')).toBe('a = #9\n# c\n');
    expect(set('a =\n  1\n', 'a', ['#9', 'b'])).toBe('a = #9, b\n');
  });

  it('writes values of the parameter’s own type', () => {
    const tree = setParameter(parseMain(''), 'smtpd_helo_required', true);
    const restrictions = setParameter(tree, 'smtpd_client_restrictions', [
      'permit_mynetworks',
      { restriction: 'reject_rbl_client', argument: 'zen.spamhaus.org=127.0.0.[2..11]' },
    ]);
    expect(printMain(setParameter(restrictions, 'queue_run_delay', { seconds: 300 }))).toBe(
      'smtpd_helo_required = yes\nsmtpd_client_restrictions =\n    permit_mynetworks,\n' +
        '    reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]\nqueue_run_delay = 300s\n',
    );
  });

  it('refuses what no line can express', () => {
    expect(() => set('', 'a b', '1')).toThrow(ConfigError);
    expect(() => set('', '#a', '1')).toThrow(ConfigError);
    expect(() => set('', 'a', 'x\0y')).toThrow(ConfigError);
    expect(() => set('', 'a', 'x\n# y\nz')).toThrow(/skip the line/);
    expect(set('a = 1\n', 'a', 'x,\ny')).toBe('a = x,\n    y\n');
  });
});

describe('removeParameter', () => {
  it('takes out every occurrence, so that no earlier one comes back', () => {
    expect(remove('a = 1\nb = 2\na = 3\n', 'a')).toBe('b = 2\n');
  });

  it('leaves the comments between its lines where they were', () => {
    expect(remove('x = 0\na = 1,\n# why\n  2\n\nb = 2', 'a')).toBe('x = 0\n# why\n\nb = 2');
  });

  it('gives the same tree when there is nothing to remove', () => {
    const tree = parseMain('a = 1\n');
    expect(removeParameter(tree, 'b')).toBe(tree);
  });
});
