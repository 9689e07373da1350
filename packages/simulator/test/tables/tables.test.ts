import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describeWith, findProgram } from '@postern/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTable, splitTables } from '../../src/tables/open.ts';

const noFiles = { files: () => undefined };

function open(name: string, files: Record<string, string> = {}) {
  return openTable(name, { files: (path) => files[path] });
}

/** The value of a key, or the status when there is none. */
function ask(name: string, key: string, files: Record<string, string> = {}): string {
  const result = open(name, files).lookup(key);
  return result.status === 'found' ? result.value : result.status;
}

describe('an indexed table', () => {
  const files = {
    '/t': '# comment\nexample.com REJECT go\n  away\nExample.ORG\tOK\nexample.com  OK\n"two words"@x.org DUNNO\nlonely\n',
  };

  it.each([
    ['example.com', 'REJECT go  away'],
    ['EXAMPLE.COM', 'REJECT go  away'],
    ['example.org', 'OK'],
    ['two words@x.org', 'DUNNO'],
    ['example.net', 'absent'],
  ])('gives %s %s', (key, value) => {
    expect(ask('hash:/t', key, files)).toBe(value);
    expect(ask('proxy:lmdb:/t', key, files)).toBe(value);
  });

  it('says where an entry stands, which one is a duplicate and which has no value', () => {
    const table = open('hash:/t', files);
    expect(table.lookup('example.org')).toMatchObject({ at: { file: '/t', line: 4 } });
    expect(table.problems.map(({ line, message }) => `${line}: ${message}`)).toEqual([
      '5: duplicate entry "example.com": the first one holds',
      '7: expected "key value"; there is no value after "lonely"',
    ]);
  });

  it('fails when its file is not there', () => {
    expect(open('hash:/nowhere').lookup('x')).toEqual({
      status: 'failed',
      because: '/nowhere is not there or cannot be read',
    });
  });

  it('is read as aliases where aliases are expected', () => {
    const sources = { files: () => 'root: kari\n"John Doe": ola\n' };
    const table = openTable('hash:/etc/aliases', sources, 'aliases');
    expect(table.lookup('ROOT')).toMatchObject({ value: 'kari' });
    expect(table.lookup('john doe')).toMatchObject({ value: 'ola' });
  });
});

describe('tables without a file', () => {
  it.each([
    ['static:REJECT', 'anything', 'REJECT'],
    ['static:{ REJECT with words }', 'anything', 'REJECT with words'],
    ['inline:{a=1, {b = two words}}', 'B', 'two words'],
    ['inline:{a=1, {b = two words}}', 'c', 'absent'],
    ['fail:x', 'a', 'failed'],
    ['pipemap:{inline:{a=b},inline:{b=c}}', 'a', 'c'],
    ['pipemap:{inline:{a=b},inline:{b=c}}', 'b', 'absent'],
    ['unionmap:{inline:{a=1},inline:{b=x},static:2}', 'a', '1,2'],
    ['unionmap:{inline:{a=1},fail:x}', 'a', 'failed'],
    ['mysql:/etc/postfix/users.cf', 'a', 'unknown'],
    ['cidr:{{192.0.2.0/24 REJECT}}', '192.0.2.9', 'REJECT'],
    ['nothing', 'a', 'failed'],
  ])('%s gives %s %s', (name, key, value) => expect(ask(name, key)).toBe(value));

  it('are answered for by the world where it knows them', () => {
    const table = openTable('ldap:x', { ...noFiles, answers: () => ({ status: 'found', value: 'OK' }) });
    expect(table.lookup('a')).toMatchObject({ value: 'OK' });
  });

  it('are split at commas and white space outside braces', () => {
    expect(splitTables(' hash:/a, inline:{x=y, z=w}\n pipemap:{a:b c:d}')).toEqual([
      'hash:/a',
      'inline:{x=y, z=w}',
      'pipemap:{a:b c:d}',
    ]);
  });

  it('are not known when they are nested too deep', () => {
    expect(ask(`${'pipemap:{'.repeat(30)}static:x${'}'.repeat(30)}`, 'a')).toBe('unknown');
  });
});

describe('a pattern that backtracking cannot bound', () => {
  it.each([String.raw`/^(a+)+$/`, String.raw`/^(a|aa)*b$/`, String.raw`/(x+x+)+y/`])(
    '%s runs in linear time',
    (pattern) => {
      const files = { '/t': `${pattern} REJECT\n` };
      expect(ask('pcre:/t', `${'a'.repeat(5000)}!`, files)).toBe('absent');
    },
  );

  it.each([String.raw`/^(?=(a+)+$)/`, String.raw`/^(?!.*a.*b.*c.*d).*/`])('%s is unknown', (pattern) => {
    expect(ask('pcre:/t', 'a'.repeat(50), { '/t': `${pattern} REJECT\n` })).toBe('unknown');
  });

  it('runs simple look-ahead', () => {
    const files = { '/t': String.raw`/^(?!mail\.)[^.]+\.example\.com$/ REJECT` };
    expect(ask('pcre:/t', 'host.example.com', files)).toBe('REJECT');
    expect(ask('pcre:/t', 'mail.example.com', files)).toBe('absent');
  });
});

describeWith(['postmap'], 'tables as the real postmap reads them', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tables-'));
    writeFileSync(join(folder, 'main.cf'), 'compatibility_level = 3.6\n');
    utimesSync(join(folder, 'main.cf'), 1, 1);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What `postmap -q` says of each key, `absent` where it says nothing. */
  function postmap(type: string, text: string, keys: readonly string[]): string[] {
    const file = join(folder, 'table');
    writeFileSync(file, text);
    // Postfix waits for a file that was written just now to settle.
    utimesSync(file, 1, 1);
    const { stdout } = spawnSync(findProgram('postmap')!, ['-c', folder, '-q', '-', `${type}:${file}`], {
      input: keys.map((key) => `${key}\n`).join(''),
      encoding: 'utf8',
    });
    const found = new Map(
      stdout
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)]),
    );
    return keys.map((key) => found.get(key) ?? 'absent');
  }

  function ours(type: string, text: string, keys: readonly string[]): string[] {
    return keys.map((key) => ask(`${type}:/t`, key, { '/t': text }));
  }

  const names = [
    'example.com',
    'mail.example.com',
    'a.b.example.org',
    'user@example.com',
    'owner-list@example.org',
    'x',
    'HOST.Example.COM',
    'a-b_c.net',
  ];

  it('agree on hand-written pattern tables', () => {
    const regexp = [
      String.raw`/^[^\.]+\.(com|net)$/ first $1`,
      '/^owner-(.*)@(.*)$/!/^owner-x/ 550 ${1}-$(2) $$5',
      'if /example/',
      '!/@/ no address',
      '/^(user)@/i case $1',
      'endif',
      'endif',
      '/a{2/ brace',
      '/[[:digit:]]/ digit',
      '/(unclosed/ skipped',
      '/no delimiter skipped',
      '/x/z unknown flag',
      '/(x)/ $2 out of range',
      'junk line',
      '/^x$/',
    ].join('\n');
    expect(ours('regexp', regexp, names)).toEqual(postmap('regexp', regexp, names));
    const pcre = [
      String.raw`/^(?<name>[^.]+)\.example\.com$/x name $1`,
      String.raw`/^\w+@example\.com$/ word`,
      String.raw`/^(?!a).*\.org$/ not a`,
      '/B/i only capital',
      'if !/com/',
      '/(.)(.)?/A got $2',
    ].join('\n');
    expect(ours('pcre', pcre, names)).toEqual(postmap('pcre', pcre, names));
  });

  it('agree on generated cidr tables', () => {
    const octet = fc.constantFrom(0, 1, 127, 128, 192, 255);
    const address = fc.oneof(
      fc.tuple(octet, octet, octet, octet).map((bytes) => bytes.join('.')),
      fc
        .tuple(
          fc.constantFrom('2001:db8', 'fe80', '::ffff:192.0.2', ''),
          fc.constantFrom('::1', '::', ':1::'),
        )
        .map(([a, b]) => a + b),
    );
    const network = fc
      .tuple(address, fc.constantFrom('', '/0', '/1', '/8', '/24', '/31', '/32', '/33', '/64', '/128', '/x'))
      .map(([a, p]) => a + p);
    const rule = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom('', '!', '!!', '! '), network, fc.constantFrom(' OK', ' REJECT x', ''))
          .map((parts) => parts.join('')),
      },
      { weight: 1, arbitrary: network.map((each) => `if ${each}`) },
      { weight: 1, arbitrary: fc.constant('endif') },
    );
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 8 }),
        fc.uniqueArray(address, { minLength: 5, maxLength: 30 }),
        (rules, keys) => {
          const text = `${rules.join('\n')}\n`;
          expect(ours('cidr', text, keys)).toEqual(postmap('cidr', text, keys));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('agree on generated regexp and pcre tables', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      String.raw`\.`,
      '[ab]',
      '[^a]',
      String.raw`[\.x]`,
      '[]x]',
      '(a)',
      '(a|b)',
      '^',
      '$',
      String.raw`\-`,
      '[[:alpha:]]',
      'x{2}',
      'com',
      '@',
    );
    const quantified = fc
      .tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '{1,2}'))
      .map((parts) => parts.join(''));
    const pattern = fc.array(quantified, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
    const rule = fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(
            fc.constantFrom('/', '!/'),
            pattern,
            fc.constantFrom('/ OK', '/i one', '/m two', '/ got $1', '/ $$x', '/'),
          )
          .map((parts) => parts.join('')),
      },
      { weight: 1, arbitrary: pattern.map((each) => `if /${each}/`) },
      { weight: 1, arbitrary: fc.constant('endif') },
    );
    const keys = [...names, 'a', 'b', 'ab', 'ba', 'aab', 'a.b', 'xx', 'com', '-', 'A', 'a@b.com'];
    const unknown = { regexp: 0, pcre: 0 };
    for (const type of ['regexp', 'pcre'] as const) {
      fc.assert(
        fc.property(fc.array(rule, { minLength: 1, maxLength: 5 }), (rules) => {
          const text = `${rules.join('\n')}\n`;
          const theirs = postmap(type, text, keys);
          const answers = ours(type, text, keys);
          const known = answers.map((answer, index) => (answer === 'unknown' ? theirs[index] : answer));
          expect(known).toEqual(theirs);
          unknown[type] += answers.includes('unknown') ? 1 : 0;
        }),
        { numRuns: 150 },
      );
    }
    // Possessive quantifiers such as x{2}+ are PCRE's alone.
    expect(unknown.regexp).toBe(0);
    expect(unknown.pcre).toBeLessThan(75);
  });
});
