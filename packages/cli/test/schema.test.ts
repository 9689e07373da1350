import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from './run.ts';
import { leaves, treeOf } from './tree.ts';

const root = join(import.meta.dirname, '../../..');
const schemas = join(import.meta.dirname, '../schema');
const zone = {
  'example.com': {
    TXT: [['v=spf1 mx include:_spf.example.net -all']],
    MX: [{ preference: 10, exchange: 'mx.example.com' }],
  },
  '_spf.example.net': { TXT: [['v=spf1 ip4:192.0.2.0/24 -all']] },
  'mx.example.com': { A: ['192.0.2.1'] },
  'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }] },
  'mx.example.org': { A: ['192.0.2.7'] },
  '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2'] },
  '7.2.0.192.zen.spamhaus.org': { A: ['127.0.0.4'] },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postern-schema-'));
  await mkdir(join(folder, 'etc'));
  await writeFile(
    join(folder, 'etc/main.cf'),
    'myhostname = mail.example.com\nmydestination = example.com\ndisable_vrfy_command = no\nsmtpd_recipient_restrictions = reject_rbl_client zen.spamhaus.org\n',
  );
  await copyFile(
    join(import.meta.dirname, '../../hardening/test/fixtures/master.cf'),
    join(folder, 'etc/master.cf'),
  );
  await writeFile(join(folder, 'dns.json'), JSON.stringify(zone));
  await writeFile(join(folder, 'policy.json'), '{"handlers":[{"type":"spf","receiver":"mail.example.com"}]}');
  await writeFile(join(folder, 'policyd-spf.conf'), 'debugLevel = 1\nHELO_reject = Fail\n');
  await writeFile(
    join(folder, 'mail.log'),
    'Nov 23 10:00:00 mail postfix/smtpd[1]: 4A1B2C: client=mx.example.org[192.0.2.7]\nNov 23 10:00:00 mail postfix/qmgr[2]: 4A1B2C: from=<a@example.org>, size=100, nrcpt=1 (queue active)\n' +
      'Nov 23 10:00:01 mail postfix/local[3]: 4A1B2C: to=<b@example.com>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)\n',
  );
  await writeFile(
    join(folder, 'mail.eml'),
    'From: Ola <ola@example.com>\r\nTo: b@example.org\r\nSubject: hello\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nhello\r\n',
  );
});
afterAll(() => rm(folder, { recursive: true }));

/** The schema as it is published, and closed: no field that it does not tell of may be printed. */
async function validators(name: string) {
  const schema = JSON.parse(await readFile(join(schemas, `${name}.json`), 'utf8')) as object;
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  return [ajv.compile(schema), ajv.compile(closed(schema) as object)];
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inside = Object.fromEntries(Object.entries(value).map(([key, each]) => [key, closed(each)]));
  const isObject =
    inside['type'] === 'object' && 'properties' in inside && !('additionalProperties' in inside);
  return isObject ? { ...inside, additionalProperties: false } : inside;
}

const client = [
  '--ip',
  '192.0.2.7',
  '--helo',
  'mx.example.org',
  '--sender',
  'a@example.com',
  '--zone',
  'dns.json',
];
const pf = ['--postfix', '3.7.11'];
const request =
  'request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.7\nhelo_name=mx.example.org\nsender=a@\nrecipient=b@example.com\n\n';

const commands: readonly (readonly [name: string, argv: readonly string[], input?: string])[] = [
  ['audit', ['audit', 'etc', ...pf, '--json']],
  ['audit-sarif', ['audit', 'etc', ...pf, '--sarif']],
  ['plan', ['plan', 'etc', ...pf, '--json']],
  ['modernise', ['modernise', 'etc', '--from', '3.5.25', '--to', '3.10.4', ...pf, '--json']],
  ['apply', ['apply', 'etc', ...pf, '--json']],
  ['status', ['status', 'etc', '--json']],
  ['rollback', ['rollback', 'etc', '--json']],
  ['config-get', ['config', 'get', 'etc', 'myhostname', ...pf, '--json']],
  ['config-set', ['config', 'set', 'etc', 'mydomain', 'example.com', ...pf, '--json']],
  ['config-unset', ['config', 'unset', 'etc', 'mydomain', ...pf, '--json']],
  ['config-explain', ['config', 'explain', 'mynetworks', 'etc', ...pf, '--json']],
  ['config-check', ['config', 'check', 'etc', ...pf, '--json']],
  ['config-effective', ['config', 'effective', 'etc', ...pf, '--json']],
  ['config-diff', ['config', 'diff', 'etc', 'etc/main.cf', '--json']],
  ['config-merge', ['config', 'merge', 'etc/main.cf', 'etc/main.cf', 'etc/main.cf', '--json']],
  ['config-convert', ['config', 'convert', 'etc/main.cf', '--to', 'json']],
  [
    'simulate',
    [
      'simulate',
      'etc',
      ...pf,
      '--client',
      '192.0.2.7',
      '--from',
      'a@example.org',
      '--to',
      'b@example.com',
      '--dns',
      'dns.json',
      '--json',
    ],
  ],
  ['relay-proof', ['relay-proof', 'etc', ...pf, '--json']],
  ['replay', ['replay', 'etc', 'etc', ...pf, '--log', 'mail.log', '--dns', 'dns.json', '--json']],
  ['spf-check', ['spf', 'check', ...client, '--json']],
  ['spf-explain', ['spf', 'explain', ...client, '--json']],
  ['spf-lint', ['spf', 'lint', 'example.com', '--zone', 'dns.json', '--json']],
  ['spf-flatten', ['spf', 'flatten', 'example.com', '--zone', 'dns.json', '--json']],
  [
    'spf-diff',
    [
      'spf',
      'diff',
      'example.com',
      'v=spf1 mx -all',
      '--domain',
      'example.com',
      '--zone',
      'dns.json',
      '--json',
    ],
  ],
  ['spf-build', ['spf', 'build', '--mx', '--all', 'fail', '--json']],
  [
    'dnsbl-check',
    [
      'dnsbl',
      'check',
      '192.0.2.7',
      'nonsense..',
      '--lists',
      'zen.spamhaus.org',
      '--zone',
      'dns.json',
      '--json',
    ],
  ],
  ['dnsbl-health', ['dnsbl', 'health', '--lists', 'zen.spamhaus.org', '--zone', 'dns.json', '--json']],
  ['dnsbl-lists', ['dnsbl', 'lists', '--json']],
  ['dnsbl-emit', ['dnsbl', 'emit', '--lists', 'zen.spamhaus.org', '--json']],
  ['policy-query', ['policy', 'query', '--config', 'policy.json', '--json'], request],
  ['policy-import', ['policy', 'import', 'policyd-spf.conf']],
  ['policy-wire', ['policy', 'wire', 'etc', ...pf, '--json']],
  ['tls-report', ['tls', 'report', '--log', 'mail.log', '--json']],
  ['tls-require', ['tls', 'require', 'etc', 'example.net=encrypt', ...pf, '--json']],
  ['records', ['records', 'example.com', '--spf', 'v=spf1 mx -all', '--json']],
  ['explain-reply', ['explain-reply', '550 5.7.515 Access denied', '--json']],
  ['doctor', ['doctor', '--zone', 'dns.json', '--json']],
];

describe('what --json prints', () => {
  it.each(commands.map(([name, argv, input = '']) => ({ name, argv, input })))(
    'is what the schema $name tells',
    async ({ name, argv, input }) => {
      const { out, err } = await run(argv, { cwd: folder, input });
      expect(out === '' ? err : '').toBe('');
      for (const validate of await validators(name)) {
        validate(JSON.parse(out));
        expect(validate.errors?.slice(0, 3) ?? []).toEqual([]);
      }
    },
  );

  it('is measured by schemas that refuse what is missing, wrong or too much', async () => {
    const [open, shut] = await validators('audit');
    const good = { target: 'etc', postfix: '3.7.11', findings: [], allowed: [] };
    expect([open!(good), shut!(good)]).toEqual([true, true]);
    expect([open!({ ...good, more: 1 }), shut!({ ...good, more: 1 })]).toEqual([true, false]);
    expect(open!({ ...good, findings: [{ rule: 'x' }] })).toBe(false);
    expect(open!({ ...good, postfix: 3 })).toBe(false);
  });

  it('has a schema for every command that has --json, and for no other', async () => {
    const expected = leaves(treeOf())
      .filter(({ command }) => command.options.some(({ long }) => long === '--json'))
      .map(({ path }) => `${path.replaceAll(' ', '-')}.json`);
    const others = ['config.json', 'audit-sarif.json', 'policy-import.json'];
    // A line for each message, not one document.
    const lines = ['queue-list.json'];
    expect((await readdir(schemas)).toSorted()).toEqual(
      [...expected, ...others].filter((name) => !lines.includes(name)).toSorted(),
    );
  });

  it('has schemas that are up to date with the code', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=@postern/source', join(root, 'scripts/json-schemas.ts'), '--check'],
      { encoding: 'utf8' },
    );
    expect([status, stderr]).toEqual([0, '']);
  });

  it('prints a schema, and says which there are', async () => {
    const { out } = await run(['schema', 'queue', 'summary']);
    expect(JSON.parse(out)).toMatchObject({ title: 'postern queue summary --json' });
    expect((await run(['schema'])).out.split('\n')).toContain('spf-check');
    expect(await run(['schema', 'queue', 'sumary'])).toMatchObject({
      code: 2,
      err: 'postern: there is no JSON Schema for queue sumary; did you mean queue-summary?\n',
    });
  });
});
