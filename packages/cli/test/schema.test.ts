import { appendFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  backscatterMain,
  describeWith,
  makeCertificate,
  sendBackscatter,
  startNameserver,
} from '@postern/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulatedFleet, type SimulatedFleet } from '../../fleet/test/simulated/simulated-fleet.ts';
import {
  inNetwork,
  onFleet,
  onFolder,
  onHost,
  onRunningFleet,
  wordsOf,
  type JsonCommand,
} from './json-commands.ts';
import { startLabHost, type LabHost } from './lab-host.ts';
import { mistakesIn, schemas, validators } from './published-schema.ts';
import { run } from './run.ts';
import { leaves, treeOf } from './tree.ts';

const root = join(import.meta.dirname, '../../..');
const zone = {
  'example.com': {
    TXT: [['v=spf1 mx include:_spf.example.net -all']],
    MX: [{ preference: 10, exchange: 'mx.example.com' }],
  },
  '_spf.example.net': { TXT: [['v=spf1 ip4:192.0.2.0/24 -all']] },
  '_dmarc.example.com': { TXT: [['v=DMARC1; p=reject; rua=mailto:dmarc@example.com']] },
  'mx.example.com': { A: ['192.0.2.1'] },
  '1.2.0.192.in-addr.arpa': { PTR: ['mx.example.com'] },
  'example.org': { MX: [{ preference: 10, exchange: 'mx.example.org' }] },
  'mx.example.org': { A: ['192.0.2.7'] },
  '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2'] },
  '7.2.0.192.zen.spamhaus.org': { A: ['127.0.0.4'] },
};

const named = (commands: readonly JsonCommand[]) =>
  commands.map(([name, words, input = '']) => ({ name, words, input }));

describe('what --json prints', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'postern-schema-'));
    await mkdir(join(folder, 'etc'));
    const put = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
    await put(
      'etc/main.cf',
      'myhostname = mail.example.com\nmydestination = example.com\ndisable_vrfy_command = no\nsmtpd_recipient_restrictions = reject_rbl_client zen.spamhaus.org\n',
    );
    await copyFile(join(root, 'packages/hardening/test/fixtures/master.cf'), join(folder, 'etc/master.cf'));
    await copyFile(join(root, 'packages/tuning/test/fixtures/hosts/docker.txt'), join(folder, 'probe.txt'));
    await put(
      'mail.json',
      '{"destinations":[{"nexthop":"own.example","own":true,"messagesPerSecond":60,"deliverySeconds":1}]}',
    );
    await put('dns.json', JSON.stringify(zone));
    await put('policy.json', '{"handlers":[{"type":"spf","receiver":"mail.example.com"}]}');
    await put('policyd-spf.conf', 'debugLevel = 1\nHELO_reject = Fail\n');
    await put(
      'mail.log',
      'Nov 23 10:00:00 mail postfix/smtpd[1]: 4A1B2C: client=mx.example.org[192.0.2.7]\nNov 23 10:00:00 mail postfix/qmgr[2]: 4A1B2C: from=<a@example.org>, size=100, nrcpt=1 (queue active)\n' +
        'Nov 23 10:00:01 mail postfix/local[3]: 4A1B2C: to=<b@example.com>, relay=local, delay=1, delays=1/0/0/0, dsn=2.0.0, status=sent (ok)\n',
    );
    await put(
      'mail.eml',
      'From: Ola <ola@example.com>\r\nTo: b@example.org\r\nSubject: hello\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nhello\r\n',
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(named(onFolder))('is what the schema $name tells: $words', async ({ name, words, input }) => {
    const { out, err } = await run(wordsOf(words), { cwd: folder, input });
    expect(out === '' ? err : '').toBe('');
    expect(mistakesIn(name, JSON.parse(out))).toEqual([]);
  });

  it('is measured by schemas that refuse what is missing, wrong or too much', () => {
    const [open, shut] = validators('audit');
    const good = { target: 'etc', postfix: '3.7.11', findings: [], allowed: [] };
    expect([open!(good), shut!(good)]).toEqual([true, true]);
    expect([open!({ ...good, more: 1 }), shut!({ ...good, more: 1 })]).toEqual([true, false]);
    expect(open!({ ...good, findings: [{ rule: 'x' }] })).toBe(false);
    expect(open!({ ...good, postfix: 3 })).toBe(false);
  });

  const withJson = leaves(treeOf())
    .filter(({ command }) => command.options.some(({ long }) => long === '--json'))
    .map(({ path }) => path.replaceAll(' ', '-'));

  it('has a schema for every command that has --json, and for no other', async () => {
    const others = ['config', 'audit-sarif', 'policy-import'];
    expect((await readdir(schemas)).toSorted()).toEqual(
      [...withJson, ...others].map((name) => `${name}.json`).toSorted(),
    );
  });

  it('is held against its schema for every command that has --json', () => {
    const held = new Set([onFolder, onHost, inNetwork, onFleet, onRunningFleet].flat().map(([name]) => name));
    expect(withJson.filter((name) => !held.has(name))).toEqual([]);
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

const main = `${backscatterMain}smtpd_tls_chain_files = /etc/postfix/mail.pem
smtpd_tls_security_level = may
`;

describeWith(
  ['root', 'namespaces', 'sshd', 'sudo', 'postfix', 'openssl'],
  'what --json prints of a host',
  () => {
    let host: LabHost;
    beforeAll(async () => {
      const { key, certificate } = makeCertificate('mail.lab.test');
      const files = { '/etc/postfix/mail.pem': `${key}${certificate}` };
      host = await startLabHost({ main, files }, ['203.0.113.25']);
      const { lab } = host;
      await startNameserver({
        lab,
        world: {
          'lab.test': {
            MX: [{ preference: 10, exchange: 'mail.lab.test' }],
            TXT: [['v=spf1 mx -all']],
          },
          'mail.lab.test': { A: ['203.0.113.25'] },
          '25.113.0.203.in-addr.arpa': { PTR: ['mail.lab.test'] },
          '2.0.0.127.zen.spamhaus.org': { A: ['127.0.0.2'] },
        },
      });
      await sendBackscatter(lab, 5);
    });
    afterAll(() => host?.[Symbol.asyncDispose]());

    it('is what the schemas tell', async () => {
      const waiting = async (): Promise<number> =>
        (await host.lab.run('postqueue', ['-j'])).stdout
          .split('\n')
          .filter((line) => line.includes('"deferred"')).length;
      await expect.poll(waiting, { timeout: 30_000 }).toBe(6);
      let held = '';
      for (const [name, words] of onHost) {
        const argv = [...wordsOf(words, { TARGET: host.target, HELD: held }), ...host.login];
        const { code, out, err } = await run(argv, { cwd: host.folder });
        expect({ words, err, unknown: code >= 2 }).toEqual({ words, err: '', unknown: false });
        const document: unknown = JSON.parse(out);
        expect({ words, mistakes: mistakesIn(name, document) }).toEqual({ words, mistakes: [] });
        if (words.startsWith('queue triage TARGET --hold'))
          held = (document as { held: { id: string } }).held.id;
      }
    }, 120_000);

    it.each(named(inNetwork))('is what the schema $name tells: $words', async ({ name, words }) => {
      const program = ['--conditions=@postern/source', join(root, 'packages/cli/src/main.ts')];
      const { status, stdout, stderr } = await host.lab.run(process.execPath, [
        ...program,
        ...wordsOf(words),
      ]);
      expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
      expect(stdout).toContain('"certificate');
      expect(mistakesIn(name, JSON.parse(stdout))).toEqual([]);
    });
  },
);

describe('what --json prints of a fleet', () => {
  let fleet: SimulatedFleet;
  beforeAll(async () => {
    fleet = await startSimulatedFleet(3, new Map([[3, 'greeting']]));
    const because = { why: 'Say no more than is needed.', source: 'postconf(5)', versions: 'all' };
    const changes = [{ type: 'set-parameter', name: 'smtpd_banner', value: '$myhostname ESMTP', because }];
    const plan = { target: { name: 'all', postfix: '3.7.11' }, changes, checks: [] };
    fleet.write('plan.json', JSON.stringify(plan));
    appendFileSync(fleet.inventory, '[more]\nmx9 ansible_port=none\n');
  });
  afterAll(() => fleet?.[Symbol.asyncDispose]());

  it('is what the schemas tell, line by line where something goes on', async () => {
    for (const [name, words] of onFleet) {
      const login = name === 'fleet-status' ? [] : ['--no-ssh-config', '--ask-sudo'];
      const argv = [...wordsOf(words, { INVENTORY: fleet.inventory }), ...login];
      const askSecret = (): Promise<string> => Promise.resolve('simulated');
      const { code, out } = await run(argv, { cwd: fleet.folder, askSecret });
      expect({ words, code }).toEqual({ words, code: 1 });
      const texts = /^fleet-(?:apply|resume)$/.test(name) ? out.trimEnd().split('\n') : [out];
      const mistakes = texts.flatMap((text) => mistakesIn(name, JSON.parse(text)));
      expect({ words, mistakes }).toEqual({ words, mistakes: [] });
    }
  });
});
