import { proveRelay, simulate, type Configuration, type Transaction, type Verdict } from '@postern/simulator';
import { describe, expect, it } from 'vitest';

const base = 'compatibility_level = 3.6\nmyhostname = mx.example.com\nmydestination = example.com\n';
const transaction: Transaction = {
  client: { address: '198.51.100.7', name: 'mx.b.example' },
  helo: 'mx.b.example',
  from: 'a@b.example',
  to: ['postmaster@example.com'],
};

function verdictOf(main: string, files?: Configuration['files']): Verdict {
  return simulate({ main: base + main, version: '3.7.11', files }, transaction) as Verdict;
}

/** A host whose files are known, and this one is not among them. */
const nothing = (): undefined => undefined;

const lines = {
  'a hash table without its text':
    'smtpd_sender_restrictions =\n  check_sender_access hash:/etc/postfix/gone\n',
  'a table of networks': 'smtpd_client_restrictions =\n  check_client_access cidr:/etc/postfix/gone\n',
  'a table of patterns': 'smtpd_helo_restrictions =\n  check_helo_access pcre:/etc/postfix/gone\n',
  'a table by way of another parameter':
    'smtpd_sender_restrictions = $them\nthem = check_sender_access lmdb:/etc/postfix/gone\n',
  'a table inside a list': 'mynetworks = 127.0.0.0/8\n  cidr:/etc/postfix/gone\n',
};

describe('a file that is not there', () => {
  it.each(Object.entries(lines))('defers mail, and is told at its place: %s', (_, main) => {
    const { outcome, reply, problems } = verdictOf(main, nothing);
    expect({ outcome, code: reply.code }).toEqual({ outcome: 'defer', code: 451 });
    expect(problems).toContainEqual({
      file: 'main.cf',
      line: 5,
      message: expect.stringContaining('/etc/postfix/gone is not there'),
    });
  });

  it.each(['mynetworks', 'mydestination'])('defers mail when %s includes it', (parameter) => {
    const { outcome, reply, problems } = verdictOf(
      `${parameter} = example.net\n  /etc/postfix/gone\n`,
      nothing,
    );
    expect({ outcome, code: reply.code }).toEqual({ outcome: 'defer', code: 451 });
    expect(problems).toEqual([
      {
        file: 'main.cf',
        line: 5,
        message: '/etc/postfix/gone is not there or cannot be read: what asks it is deferred',
      },
    ]);
  });

  it('is told at its line in the file that includes it', () => {
    const files = { '/etc/postfix/domains': 'example.com\n# more\n/etc/postfix/gone\n' };
    const { problems } = verdictOf(
      'mydestination = /etc/postfix/domains\n',
      (path) => Object.entries(files).find(([name]) => name === path)?.[1],
    );
    expect(problems).toMatchObject([{ file: '/etc/postfix/domains', line: 3 }]);
  });
});

describe('a host of which no file is given', () => {
  it.each(Object.entries(lines).filter(([name]) => name !== 'a table inside a list'))(
    'is not judged by a guess: %s',
    (_, main) => {
      const { outcome, unknown, possible } = verdictOf(main);
      expect(outcome).toBe('unknown');
      expect(unknown.map(({ because }) => because)).toContain('nobody says what /etc/postfix/gone holds');
      expect(possible.length).toBeGreaterThan(1);
    },
  );

  it('is judged where the file would change nothing', () => {
    expect(verdictOf(lines['a table inside a list']).outcome).toBe('accept');
  });

  it('is not proved closed by a table that may permit', () => {
    const main = `${base}smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = check_sender_access hash:/etc/postfix/gone, reject_unauth_destination\n`;
    const proof = proveRelay({ main, version: '3.7.11' });
    expect(proof).toMatchObject({
      unknown: [{ because: 'hash:/etc/postfix/gone may permit', by: { line: 5 } }],
    });
  });

  it('may relay for networks that are in a file', () => {
    const proof = proveRelay({ main: `${base}mynetworks = /etc/postfix/gone\n`, version: '3.7.11' });
    expect(proof).toHaveProperty('unknown');
  });
});
