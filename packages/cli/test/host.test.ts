import { join } from 'node:path';
import { describeWith, type Lab } from '@postern/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLabHost, type LabHost } from './lab-host.ts';
import { run, type Ran } from './run.ts';

const main = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = mail.lab.test, localhost
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = /var/log/mail.log
`;

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix', 'script'], 'postern on a host', () => {
  let lab: Lab;
  let host: LabHost;
  let target: string;
  let login: readonly string[];
  beforeAll(async () => {
    host = await startLabHost({ main });
    ({ lab, target, login } = host);
  });
  afterAll(() => host?.[Symbol.asyncDispose]());
  const postern = (command: string, ...args: string[]): Promise<Ran> =>
    run([command, target, ...login, ...args]);

  it('walks the whole road: audit, plan, apply, confirm, status, rollback', async () => {
    expect(await postern('audit')).toMatchObject({
      code: 1,
      out: expect.stringContaining('for Postfix 3.7.11'),
    });
    const plan = await postern('plan', '--hostname', 'mail.lab.test', '--no-block-lists');
    expect(plan).toMatchObject({ code: 1, out: expect.stringContaining('smtpd_data_restrictions') });
    const profile = ['--hostname', 'mail.lab.test', '--no-block-lists'];

    const unasked = await postern('apply', ...profile);
    expect(unasked).toMatchObject({ code: 2, err: expect.stringContaining('say --yes') });
    expect(lab.read('/etc/postfix/main.cf')).toBe(main);

    const applied = await postern('apply', ...profile, '--yes', '--confirm-within', '60s');
    expect(applied.err).toBe('');
    expect(applied).toMatchObject({
      code: 1,
      out: expect.stringContaining(`Waits to be confirmed: postern confirm ${target}`),
    });
    expect(await postern('confirm')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/is confirmed\n$/),
    });
    expect(lab.read('/etc/postfix/main.cf')).toContain('smtpd_data_restrictions = reject_unauth_pipelining');
    expect(await postern('apply', ...profile, '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing was changed'),
    });

    const status = await postern('status', '--json');
    expect(JSON.parse(status.out)).toMatchObject({
      version: '3.7.11',
      drift: [],
      history: [{ phase: 'confirmed' }],
    });
    expect((await postern('status', '--prometheus')).out).toContain('postfix_up{host="127.0.0.1"} 1');

    expect(await postern('rollback', '--yes')).toMatchObject({ code: 0 });
    expect(lab.read('/etc/postfix/main.cf')).toBe(main);
  });

  it('refuses a host that is not known, and says what to do', async () => {
    const ran = await run([
      'status',
      target,
      '-i',
      join(host.folder, 'key'),
      '--known-hosts',
      '/nonexistent/known',
      '--no-ssh-config',
    ]);
    expect(ran).toMatchObject({
      code: 3,
      err: expect.stringMatching(/no host key is known.*SHA256:.*--accept-new/),
    });
  });

  it('takes a host wherever it takes a folder: simulate, relay-proof, replay, tune, policy wire, config', async () => {
    const dns = host.write('dns.json', '{}');
    const mail = [
      '--client',
      '192.0.2.7',
      '--helo',
      'mx.example.org',
      '--from',
      'a@example.org',
      '--dns',
      dns,
    ];
    const relayed = await run(['simulate', target, ...login, ...mail, '--to', 'x@example.net', '--json']);
    expect(relayed.err).toBe('');
    expect(JSON.parse(relayed.out)).toMatchObject({
      outcome: expect.stringMatching(/reject|defer/) as string,
    });
    expect(await run(['relay-proof', target, ...login])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Closed/) as string,
    });
    const log = host.write('mail.log', '');
    expect(await run(['replay', target, target, ...login, '--log', log, '--dns', dns])).toMatchObject({
      code: 3,
      out: '0 envelopes, 0 fare alike\n',
    });
    const shown = await run(['tune', 'show', target, ...login, '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ target, facts: {} });
    expect(await run(['policy', 'wire', target, ...login])).toMatchObject({
      code: 1,
      out: expect.stringContaining('check_policy_service') as string,
    });
    expect(await run(['config', 'get', target, 'mydestination', '-x', ...login])).toMatchObject({
      code: 0,
      out: 'mydestination = mail.lab.test, localhost\n',
    });
    expect((await run(['config', 'effective', target, ...login])).out).toContain(
      'myhostname = mail.lab.test',
    );
    expect((await run(['config', 'check', target, ...login])).code).toBeLessThan(2);
    expect((await run(['config', 'diff', target, target, ...login])).out).toBe('No difference in meaning\n');
    expect(await run(['config', 'set', target, 'smtpd_banner', 'hello', ...login])).toMatchObject({
      code: 2,
      err: expect.stringContaining('say --yes') as string,
    });
    expect(lab.read('/etc/postfix/main.cf')).toBe(main);
    expect(
      await run(['config', 'set', target, 'smtpd_banner', '$myhostname ESMTP set', '--yes', ...login]),
    ).toMatchObject({
      code: 0,
    });
    expect(lab.read('/etc/postfix/main.cf')).toContain('smtpd_banner = $myhostname ESMTP set');
    lab.write('/etc/postfix/main.cf', `${lab.read('/etc/postfix/main.cf')}# by hand\n`);
    expect(await postern('status')).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /main\.cf: content changed since \(\d{4}-.*, a file of root\)\n  by whom is not known: [^]*\+# by hand/,
      ) as string,
    });
    lab.write('/etc/postfix/main.cf', main);
  });

  describe('what goes on meanwhile', () => {
    const program = [
      '--conditions=@postern/source',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, '../src/main.ts'),
    ];
    /** Everything that a command in the lab prints: to a terminal, or into pipes. */
    const shown = async (words: string, where: 'terminal' | 'pipe'): Promise<string> => {
      const command = [process.execPath, ...program, ...words.split(' ')];
      const argv = where === 'pipe' ? command : ['script', '-qec', command.join(' '), '/dev/null'];
      const env = { TERM: 'xterm', NO_COLOR: '1', NODE_COMPILE_CACHE: join(host.folder, 'cache') };
      const { stdout, stderr } = await lab.run(argv[0]!, argv.slice(1), { env });
      return stdout + stderr;
    };
    /** Lines that are written over, and bars. */
    const display = /[…█░]|\r(?!\n)|(?![\r\n\t])\p{Cc}/u;

    it('is there on a terminal, and nothing of it in a pipe', async () => {
      const zones = host.write('zones.json', JSON.stringify({ 'a.test': {}, 'b.test': {} }));
      const inventory = host.write(
        'hosts.ini',
        `mail ansible_host=127.0.0.1 ansible_user=root ansible_ssh_private_key_file=${host.folder}/key ` +
          `ansible_ssh_common_args="-o UserKnownHostsFile=${host.folder}/known_hosts"\n`,
      );
      const profile = '--hostname mail.lab.test --no-block-lists';
      type Row = readonly [words: string, progress: RegExp, result: string];
      const check: Row = [
        `domain check a.test b.test --no-connect --zone ${zones}`,
        /1 of 2 domains/,
        'for b.test',
      ];
      const queue: Row = ['queue hold local --dry-run', /… counting/, '0 messages'];
      const apply: Row = [`apply local ${profile} --yes`, /… confirming/, 'postern rollback local'];
      const rollback: Row = ['rollback local --yes', /… confirming/, 'confirmed'];
      const fleet: Row = [
        `fleet apply ${inventory} ${profile} --no-ssh-config --anew --yes`,
        /[█░]{24}/,
        'finished',
      ];
      for (const [words, , result] of [check, queue, apply, rollback, fleet]) {
        const piped = await shown(words, 'pipe');
        expect({ words, piped }).toEqual({ words, piped: expect.stringContaining(result) as string });
        expect({ words, piped }).toEqual({ words, piped: expect.not.stringMatching(display) as string });
      }
      for (const [words, progress, result] of [check, queue, rollback, apply, fleet]) {
        const seen = await shown(words, 'terminal');
        expect({ words, seen }).toEqual({ words, seen: expect.stringMatching(progress) as string });
        // Nothing stands behind a line that will be written over.
        expect({ words, seen }).toEqual({
          words,
          seen: expect.not.stringMatching(/… [a-z ]*[A-Z]/) as string,
        });
        expect({ words, seen }).toEqual({ words, seen: expect.stringContaining(result) as string });
      }
    }, 120_000);
  });

  it('has nothing to confirm in a folder', async () => {
    expect(await run(['confirm', '/etc/postfix'])).toMatchObject({ code: 2 });
  });
});
