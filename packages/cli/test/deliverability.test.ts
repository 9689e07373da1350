import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, type Ran } from './run.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'postern-cli-deliverability-'));
  const zones = {
    'example.com': {
      MX: [{ preference: 10, exchange: 'mx.example.com' }],
      TXT: [['v=spf1 ip4:192.0.2.1 -all']],
    },
    'mx.example.com': { A: ['192.0.2.1'] },
    '1.2.0.192.in-addr.arpa': { PTR: ['mx.example.com'] },
    '_dmarc.example.com': { TXT: [['v=DMARC1; p=reject; rua=mailto:dmarc@example.com']] },
    'null.example': { MX: [{ preference: 0, exchange: '.' }], TXT: [['v=spf1 -all']] },
    '_dmarc.null.example': { TXT: [['v=DMARC1; p=reject; rua=mailto:d@null.example']] },
  };
  writeFileSync(join(cwd, 'zone.json'), JSON.stringify(zones));
  writeFileSync(join(cwd, 'mail.eml'), 'From: kari@example.com\r\nSubject: x\r\n\r\nhello\r\n');
});
afterAll(() => rmSync(cwd, { recursive: true }));

const postern = (...argv: string[]): Promise<Ran> => run(argv, { cwd });
const zone = ['--zone', 'zone.json'] as const;

describe('postern domain check', () => {
  it('prints checks by topic, and ends with 1 where something is to be done', async () => {
    const { code, out, err } = await postern(
      'domain',
      'check',
      'Example.com',
      '--no-connect',
      '--address',
      '192.0.2.1',
      ...zone,
    );
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain('dmarc\n  ok       example.com has a DMARC record.\n');
    expect(out).toContain('  ok       Mail of example.com from 192.0.2.1 gets SPF pass by ip4:192.0.2.1.\n');
    expect(out).toMatch(/\d+ ok, \d+ warnings, 0 fail, \d+ unknown for example\.com\n$/);
  });

  it('takes many from standard input and gives them back in their order', async () => {
    const names = ['null.example', 'example.com', 'nobody.example'];
    const { code, out } = await run(['domain', 'check', '-', '--no-connect', '--json', ...zone], {
      cwd,
      input: `${names.join('\n')}\n${names[0]}\n`,
    });
    expect(code).toBe(1);
    expect((JSON.parse(out) as { domain: string }[]).map(({ domain }) => domain)).toEqual(names);
  });

  it('tells on a terminal how far it is, and nowhere else', async () => {
    const argv = ['domain', 'check', 'example.com', 'null.example', '--no-connect', ...zone];
    const { err } = await run(argv, { cwd, terminal: true });
    expect(err).toContain('1 of 2 domains');
    expect(err.endsWith('\r\u001B[K')).toBe(true);
    expect((await run(argv, { cwd })).err).toBe('');
  });

  it('says what is no domain, and still looks at the others', async () => {
    const { code, out, err } = await postern(
      'domain',
      'check',
      'ola@example.com',
      'x..y',
      'example.com',
      '--no-connect',
      ...zone,
    );
    expect(code).toBe(2);
    expect(err).toContain('is an address: give the part after the @');
    expect(err).toContain('empty label');
    expect(out).toContain('for example.com');
  });

  it('stops at Ctrl-C', async () => {
    const { out } = await run(['domain', 'check', 'example.com', ...zone], {
      cwd,
      signal: AbortSignal.abort(),
    });
    expect(out).not.toContain('example.com has');
  });
});

describe('postern host check', () => {
  it('looks at each address of a name', async () => {
    const { code, out } = await postern('host', 'check', 'mx.example.com', '--no-connect', ...zone);
    expect(code).toBe(0);
    expect(out).toContain('192.0.2.1 is mx.example.com, and the name leads back.');
  });

  it('ends with 3 for a name without addresses', async () => {
    expect(await postern('host', 'check', 'gone.example.com', '--no-connect', ...zone)).toMatchObject({
      code: 3,
    });
  });
});

describe('postern message check', () => {
  const envelope = ['--helo', 'mx.example.com', '--sender', 'kari@example.com'] as const;

  it('says what a receiver makes of a message', async () => {
    const pass = await postern('message', 'check', 'mail.eml', '--ip', '192.0.2.1', ...envelope, ...zone);
    expect(pass).toMatchObject({ code: 0, err: '' });
    expect(pass.out).toMatch(/^DMARC passes: SPF \(example\.com\) vouches for example\.com\.\n/);
    const fail = await postern('message', 'check', 'mail.eml', '--ip', '192.0.2.66', ...envelope, ...zone);
    expect(fail).toMatchObject({ code: 1 });
    expect(fail.out).toContain('asks receivers to reject it');
  });

  it('says what is wrong with its arguments', async () => {
    expect(
      await postern('message', 'check', 'gone.eml', '--ip', '192.0.2.1', ...envelope, ...zone),
    ).toMatchObject({
      code: 3,
      err: expect.stringContaining('gone.eml cannot be read') as string,
    });
    expect(await postern('message', 'check', 'mail.eml', '--ip', 'here', ...envelope, ...zone)).toMatchObject(
      { code: 2 },
    );
  });
});

describe('postern records', () => {
  it('writes a private key once, for its owner alone, and shows it nowhere', async () => {
    const argv = ['records', 'Example.com', '--dkim', 's1', '--key-file', 's1.key'];
    const { code, out, err } = await postern(...argv, '--json');
    expect(code).toBe(0);
    expect(out + err).not.toContain('PRIVATE');
    expect(statSync(join(cwd, 's1.key')).mode & 0o777).toBe(0o600);
    const key = readFileSync(join(cwd, 's1.key'), 'utf8');
    expect(key).toContain('BEGIN PRIVATE KEY');
    expect(await postern(...argv)).toMatchObject({
      code: 3,
      err: expect.stringContaining('never written over') as string,
    });
    expect(readFileSync(join(cwd, 's1.key'), 'utf8')).toBe(key);
    expect(await postern('records', 'example.com', '--dkim', 's1')).toMatchObject({ code: 2 });
  });

  it('writes zone lines, and the policy file beside them', async () => {
    const { out, err } = await postern(
      'records',
      'Bücher.example',
      '--dmarc',
      'none',
      '--mta-sts',
      'testing',
      '--mx',
      'mx.example.com',
      '--id',
      '1',
    );
    expect(out).toBe(
      '_dmarc.xn--bcher-kva.example. 3600 IN TXT "v=DMARC1; p=none"\n' +
        '_mta-sts.xn--bcher-kva.example. 3600 IN TXT "v=STSv1; id=1;"\n',
    );
    expect(err).toContain('mode: testing\r\nmx: mx.example.com\r\n');
    const { out: script } = await postern('records', 'Bücher.example', '--null-mx', '--form', 'dnscontrol');
    expect(script).toBe('MX("@", 0, ".", TTL(3600)),\n');
  });

  it('says what it cannot write', async () => {
    expect(await postern('records', 'example.com')).toMatchObject({ code: 2 });
    expect(await postern('records', 'example.com', '--spf', 'hello')).toMatchObject({ code: 2 });
    expect(await postern('records', 'example.com', '--tlsa', 'gone.pem')).toMatchObject({ code: 3 });
  });
});

describe('postern explain-reply', () => {
  it('explains a reply, with its source', async () => {
    const { code, out } = await postern(
      'explain-reply',
      '550 5.7.515 Access denied, sending domain example.com does not meet the required level',
    );
    expect(code).toBe(0);
    expect(out).toContain('Who says so: Microsoft (Outlook.com)');
    expect(await postern('explain-reply', '250', '2.0.0', 'Ok')).toMatchObject({
      code: 3,
      out: expect.stringContaining('the mail was taken') as string,
    });
  });
});

describe('postern tls', () => {
  const log = [
    'Nov 23 10:00:00 mail postfix/smtp[1]: Trusted TLS connection established to mx.a.example[192.0.2.1]:25: TLSv1.3 with cipher X (256/256 bits)',
    'Nov 23 10:00:00 mail postfix/smtp[1]: AAAA: to=<x@a.example>, relay=mx.a.example[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 ok)',
    'Nov 23 10:00:01 mail postfix/smtp[2]: BBBB: to=<x@b.example>, relay=mx.b.example[192.0.2.2]:25, delay=1, dsn=2.0.0, status=sent (250 ok)',
  ].join('\n');

  it('counts what was encrypted, and writes a page', async () => {
    const { code, out } = await run(
      ['tls', 'report', '--log', '-', '--html', 'transport.html', '--host', 'mail.example.com'],
      { cwd, input: log },
    );
    expect(code).toBe(1);
    expect(out).toContain('out  1 of 2 messages encrypted, 1 of 2 sessions\n');
    expect(out).toContain('  in clear text to b.example: 1 of 1 messages\n');
    expect(readFileSync(join(cwd, 'transport.html'), 'utf8')).toContain(
      'How mail travelled: mail.example.com',
    );
    expect(await postern('tls', 'report', '--log', 'gone.log')).toMatchObject({ code: 3 });
  });

  it('plans TLS for a domain, and refuses where a relay host takes the mail', async () => {
    writeFileSync(join(cwd, 'main.cf'), 'compatibility_level = 3.6\nmyhostname = mail.example.com\n');
    writeFileSync(join(cwd, 'master.cf'), 'smtp inet n - y - - smtpd\n');
    const { code, out } = await postern('tls', 'require', '.', 'a.example=encrypt', '--postfix', '3.7.11');
    expect({ code, out }).toMatchObject({
      code: 1,
      out: expect.stringContaining('smtp_tls_policy_maps') as string,
    });
    writeFileSync(join(cwd, 'main.cf'), 'compatibility_level = 3.6\nrelayhost = [relay.example.net]:587\n');
    expect(await postern('tls', 'require', '.', 'a.example=encrypt', '--postfix', '3.7.11')).toMatchObject({
      code: 2,
      err: expect.stringContaining('relayhost') as string,
    });
    expect(
      await postern('tls', 'require', '.', '[relay.example.net]:587=encrypt', '--postfix', '3.7.11'),
    ).toMatchObject({ code: 1 });
    expect(await postern('tls', 'require', '.', 'a.example=loose', '--postfix', '3.7.11')).toMatchObject({
      code: 2,
    });
  });
});
