import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  defaultUnit,
  parseDuration,
  perTransport,
  printDuration,
  printValue,
  rawValue,
  userDefined,
} from '@postern/config';

describe('printing a value', () => {
  it('writes what Postfix reads', () => {
    expect(printValue('smtpd_helo_required', true)).toBe('yes');
    expect(printValue('biff', false)).toBe('no');
    expect(printValue('default_process_limit', 200)).toBe('200');
    expect(printValue('queue_run_delay', { seconds: 300 })).toBe('300s');
    expect(printValue('maximal_queue_lifetime', { seconds: 432_000 })).toBe('5d');
    expect(printValue('mydestination', ['$myhostname', 'localhost'])).toBe('$myhostname, localhost');
    expect(printValue('mydestination', [])).toBe('');
    expect(printValue(userDefined('my_own'), 'anything at all')).toBe('anything at all');
    expect(printValue(perTransport('policy-spf', 'time_limit'), '3600s')).toBe('3600s');
  });

  it('writes a restriction list with its arguments', () => {
    const text = printValue('smtpd_recipient_restrictions', [
      'permit_mynetworks',
      'reject_unauth_destination',
      { restriction: 'reject_rbl_client', argument: 'zen.spamhaus.org=127.0.0.[2..11]' },
      { restriction: 'check_policy_service', argument: '{ unix:private/policy, timeout = 10s }' },
    ]);
    expect(text).toBe(
      'permit_mynetworks, reject_unauth_destination, reject_rbl_client zen.spamhaus.org=127.0.0.[2..11], ' +
        'check_policy_service { unix:private/policy, timeout = 10s }',
    );
  });

  it('refuses, by name and reason, what Postfix would refuse or read as something else', () => {
    expect(() => printValue('default_process_limit', 1.5)).toThrow(
      /default_process_limit cannot be "1.5": it must be a whole number/,
    );
    expect(() => printValue('default_process_limit', 0)).toThrow(/the least value is 1/);
    expect(() => printValue('in_flow_delay', '11s')).toThrow(/the greatest value is 10/);
    expect(() => printValue('queue_run_delay', { seconds: -1 })).toThrow(ConfigError);
    expect(() => printValue('mydestination', ['a b'])).toThrow(/two entries/);
    expect(() => printValue('mydestination', ['a', ''])).toThrow(/cannot be empty/);
    expect(() => printValue('smtpd_milters', ['{ inet:localhost:1'])).toThrow(/braces do not match/);
  });

  it('leaves raw text alone', () => {
    expect(printValue('smtpd_recipient_restrictions', rawValue('permit_mynetworks reject'))).toBe(
      'permit_mynetworks reject',
    );
  });
});

describe('times', () => {
  it('knows the units, and the unit of a bare number', () => {
    expect(parseDuration('5d', 's')).toBe(432_000);
    expect(parseDuration('5', 'd')).toBe(432_000);
    expect(parseDuration('2w', 's')).toBe(1_209_600);
    expect(parseDuration('5min', 's')).toBe(300);
    expect(parseDuration('d', 's')).toBe(0);
    expect(parseDuration('0', 's')).toBe(0);
    for (const text of ['', '5x', '5 d', '-5s', '1.5h', '2W', '+d', '99999999999s', '3551w'])
      expect(parseDuration(text, 's')).toBeUndefined();
    expect(defaultUnit('5d')).toBe('d');
    expect(defaultUnit('')).toBe('s');
  });

  it('writes the unit that comes out even', () => {
    expect([0, 90, 300, 3600, 86_400, 129_600].map(printDuration)).toEqual([
      '0s',
      '90s',
      '300s',
      '1h',
      '1d',
      '36h',
    ]);
    expect(printDuration(0.5)).toBeUndefined();
  });
});
