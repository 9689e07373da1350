import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWith, makeCertificate } from '@postern/testbed';
import { postfixHost, toPrometheus } from '@postern/controller';
import type { Plan } from '@postern/plan';
import { longLine } from '../ssh/round-trips.ts';
import { because, mainText, newGreeting, plan, set, startStage, type Stage } from './stage.ts';

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix', 'setfacl'], 'a plan on a real host', () => {
  let stage: Stage;
  beforeAll(async () => void (stage = await startStage()));
  afterAll(async () => stage?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    stage.lab.write('/etc/postfix/main.cf', mainText, { age: 7200 });
    await stage.lab.run('sh', ['-c', 'rm -rf /var/lib/postern; postfix reload || postfix start']);
  });
  const read = (path: string): string => stage.lab.read(path);
  /** Entries for the boot, staged files and watchdogs that are still there. */
  const leftovers = async (): Promise<string> => {
    const files = await stage.lab.run('find', [
      '/etc',
      '-name',
      '*postern*',
      '!',
      '-name',
      '60-postern.conf',
    ]);
    return files.stdout + (await stage.lab.run('pgrep', ['-fa', 'program watchdog|exec sh'])).stdout;
  };

  it('is applied, proved and confirmed; once more changes nothing and asks once', async () => {
    await using host = await stage.open();
    const steps: string[] = [];
    const done = await host.apply(newGreeting(), {
      vantage: stage.vantage,
      onStep: (step) => steps.push(step),
    });
    expect(done).toMatchObject({ status: 'applied', changed: ['main.cf'], log: [] });
    expect(done.checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'greeting smtp passed',
      'no-relay smtp passed',
      'log passed',
    ]);
    expect(steps).toEqual([
      'reading the host',
      'read',
      'staged',
      'validated',
      'journal',
      'armed',
      'committing',
      'renamed 1',
      'committed',
      'told',
      'checking',
      'confirming',
    ]);
    expect(read('/etc/postfix/main.cf')).toContain('helo_required = yes\n');
    expect(await leftovers()).toBe('');

    const log = await stage.postfix.settledLog();
    let asked = 0;
    const counting = postfixHost({ ...host, run: (...args) => ((asked += 1), host.run(...args)) });
    expect(await counting.apply(newGreeting())).toMatchObject({ status: 'unchanged', changed: [] });
    expect(asked).toBe(1);
    // Nothing but the mark by which the end of the log is known.
    expect((await stage.postfix.settledLog()).slice(log.length)).toMatch(/^.*testbed.*\n$/);
  });

  it.each(['root', 'deploy'])('takes two round trips when there is nothing to do, for %s', async (user) => {
    await using first = await stage.open();
    await first.apply(newGreeting());
    const { sshd } = stage;
    const line = longLine(await sshd.socket(), 1500);
    await using host = await stage.open({ user, socket: () => Promise.resolve(line.stream) });
    line.lengthen();
    expect(await host.apply(newGreeting())).toMatchObject({ status: 'unchanged' });
    // The channel, and the command with its answer.
    expect(line.roundTrips()).toBe(2);
  });

  it('greets again right after a change is undone with which smtpd died', async () => {
    await using host = await stage.open();
    const deadly = plan(
      [set('smtpd_sasl_auth_enable', 'yes'), set('smtpd_sasl_type', 'dovecot')],
      ['greeting'],
    );
    const undone = await host.apply(deadly, { vantage: stage.vantage });
    expect(undone.status).toBe('rolled-back');
    expect(await stage.postfix.settledLog()).toContain('throttling');
    // master starts what died only after a minute again; the limit of this test is less than that.
    await expect.poll(() => stage.mailFlows().catch(() => false), { timeout: 25_000 }).toBe(true);
  });

  it('works for a user with sudo', async () => {
    await using host = await stage.open({ user: 'deploy' });
    expect((await host.apply(newGreeting('by sudo'))).status).toBe('applied');
    expect(read('/etc/postfix/main.cf')).toContain('ESMTP by sudo');
  });

  it('keeps owner, mode, access list and the symbolic link of a file', async () => {
    await stage.lab.run('sh', [
      '-c',
      'mkdir -p /etc/mail; mv /etc/postfix/main.cf /etc/mail/real.cf; ln -s ../mail/real.cf /etc/postfix/main.cf; chown root:postfix /etc/mail/real.cf; chmod 640 /etc/mail/real.cf; setfacl -m u:deploy:r /etc/mail/real.cf',
    ]);
    const facts =
      'ls -l /etc/postfix/main.cf | sed "s/.*main/main/"; stat -c "%U %G %a" /etc/mail/real.cf; getfacl -cp /etc/mail/real.cf';
    const before = (await stage.lab.run('sh', ['-c', facts])).stdout;
    await using host = await stage.open();
    expect((await host.apply(newGreeting())).status).toBe('applied');
    expect((await stage.lab.run('sh', ['-c', facts])).stdout).toBe(before);
    expect(read('/etc/mail/real.cf')).toContain('ESMTP new');
    await stage.lab.run('rm', ['/etc/postfix/main.cf']);
  });

  it('compiles tables, sets the kernel, makes files with their owner, and undoes all of it', async () => {
    await using host = await stage.open();
    const table: Plan = plan([
      {
        type: 'put-file',
        path: 'senders',
        content: 'a@example.org REJECT no thanks\n',
        mode: 0o640,
        owner: 'root',
        group: 'postfix',
        because,
      },
      { type: 'postfix-action', action: 'postmap', table: 'hash:/etc/postfix/senders', because },
      { type: 'set-sysctl', key: 'net.core.somaxconn', value: '1234', because },
      set('smtpd_sender_restrictions', 'check_sender_access hash:/etc/postfix/senders'),
    ]);
    const old = read('/proc/sys/net/core/somaxconn');
    expect(await host.apply(table)).toMatchObject({ status: 'applied' });
    const query = await stage.lab.run('postmap', ['-q', 'a@example.org', 'hash:/etc/postfix/senders']);
    expect(query.stdout).toBe('REJECT no thanks\n');
    expect((await stage.lab.run('stat', ['-c', '%U %G %a', '/etc/postfix/senders'])).stdout).toBe(
      'root postfix 640\n',
    );
    expect((await host.run(['cat', '/proc/sys/net/core/somaxconn'])).stdout.toString()).toBe('1234\n');
    expect(read('/etc/sysctl.d/60-postern.conf')).toContain('net.core.somaxconn = 1234\n');
    expect(await host.apply(table)).toMatchObject({ status: 'unchanged' });
    expect(await host.rollback()).toMatchObject({ status: 'applied' });
    expect(read('/etc/postfix/main.cf')).toBe(mainText);
    expect(
      (
        await stage.lab.run('sh', [
          '-c',
          'ls /etc/postfix/senders /etc/postfix/senders.db /etc/sysctl.d/60-postern.conf',
        ])
      ).stdout,
    ).toBe('');
    expect((await host.run(['cat', '/proc/sys/net/core/somaxconn'])).stdout.toString()).toBe(old);
  });

  it('waits to be confirmed by hand, lets nobody else in meanwhile, and is confirmed over another connection', async () => {
    await using host = await stage.open();
    const { id, status } = await host.apply(newGreeting(), { confirm: 'by-hand', confirmWithin: 60_000 });
    expect(status).toBe('pending');
    await using other = await stage.open();
    await expect(other.apply(newGreeting('other'))).rejects.toMatchObject({ code: 'pending' });
    expect((await other.probe()).pending).toMatchObject({ id, phase: 'committed', watched: true });
    expect(await other.confirm()).toEqual({ id });
    await expect(other.confirm(id)).rejects.toMatchObject({ code: 'not-pending' });
    expect(await leftovers()).toBe('');
    expect((await other.history()).at(-1)).toMatchObject({ id, phase: 'confirmed', kind: 'apply' });
  });

  it('is undone by the host itself when nobody confirms', async () => {
    await using host = await stage.open();
    await host.apply(newGreeting(), { confirm: 'by-hand', confirmWithin: 4000 });
    await host.close();
    await expect.poll(() => read('/etc/postfix/main.cf'), { timeout: 10_000 }).toBe(mainText);
    await expect.poll(leftovers, { timeout: 5000 }).toBe('');
    await using again = await stage.open();
    expect((await again.history()).at(-1)?.phase).toBe('rolled-back');
    expect(await stage.mailFlows()).toBe(true);
  });

  it('goes back to before an earlier change, unless somebody changed the files since', async () => {
    await using host = await stage.open();
    const { id } = await host.apply(newGreeting('one'));
    await host.apply(newGreeting('two'));
    stage.lab.write('/etc/postfix/main.cf', `${read('/etc/postfix/main.cf')}# by hand\n`);
    await expect(host.rollback(id)).rejects.toMatchObject({ code: 'changed-since' });
    const status = await host.status();
    expect(status.drift).toMatchObject([{ path: 'main.cf', what: 'content', owner: 'root' }]);
    expect(Math.abs(Date.parse(status.drift[0]!.seenAt!) - Date.now())).toBeLessThan(60_000);
    // Nothing there is to be read of who it was, and it says nothing; with a log it says who was at work.
    expect(status.drift[0]!.witnesses).toEqual([]);
    const stamp = (await stage.lab.run('date', ['+%b %e %H:%M:%S'])).stdout.trim();
    const long = (await stage.lab.run('date', ['+%Y-%m-%dT%H:%M:%S.000000+00:00'])).stdout.trim();
    stage.lab.write(
      '/var/log/auth.log',
      `Jan  1 00:00:00 mail sudo:    eva : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/old\n` +
        `${stamp} mail sudo:     anna : TTY=pts/0 ; PWD=/home/anna ; USER=root ; COMMAND=/usr/bin/vim /etc/postfix/main.cf hunter2\n` +
        `${long} mail sshd[77]: Accepted publickey for root from 192.0.2.9 port 51000 ssh2: ED25519 SHA256:x\n`,
    );
    const witnesses = (await host.status()).drift[0]!.witnesses!;
    expect(witnesses).toHaveLength(2);
    expect(witnesses[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8} sudo: anna ran \/usr\/bin\/vim$/);
    expect(witnesses[1]).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8} sshd: login of root from 192\.0\.2\.9$/);
    expect(await host.rollback(id, { force: true })).toMatchObject({ status: 'applied', to: id });
    expect(read('/etc/postfix/main.cf')).toBe(mainText);
    await expect(host.rollback('20200101T000000Z-000000')).rejects.toMatchObject({ code: 'no-such-apply' });
  });

  it('is refused when the files are not those of the plan any more, or when Postfix does not run', async () => {
    await using host = await stage.open();
    const config = await host.readConfig();
    expect(config).toMatchObject({ directory: '/etc/postfix', version: '3.7.11' });
    stage.lab.write('/etc/postfix/main.cf', `${mainText}# by hand\n`);
    await expect(host.apply(newGreeting(), { basedOn: config })).rejects.toMatchObject({
      code: 'changed-meanwhile',
    });
    await stage.lab.run('postfix', ['stop']);
    await expect(host.apply(newGreeting())).rejects.toThrow(
      'mail.lab.test: before the change: Postfix is not running',
    );
    await stage.lab.run('postfix', ['start']);
  });

  it('asks nothing twice of what the plan was made from, and still sees who edits a file that stays', async () => {
    await using host = await stage.open();
    const asked: string[] = [];
    const noting = postfixHost({
      ...host,
      run(command, options) {
        if ('script' in command) asked.push(command.args?.[1] ?? '');
        return host.run(command, options);
      },
    });
    const config = await noting.readConfig();
    const master = read('/etc/postfix/master.cf');
    stage.lab.write('/etc/postfix/master.cf', `${master}# by hand\n`, { age: 7200 });
    await expect(noting.apply(newGreeting(), { basedOn: config })).rejects.toMatchObject({
      code: 'changed-meanwhile',
      message: expect.stringContaining('/etc/postfix/master.cf: was changed by somebody else'),
    });
    expect(read('/etc/postfix/main.cf')).toBe(mainText);
    stage.lab.write('/etc/postfix/master.cf', master, { age: 7200 });
    expect(await noting.apply(newGreeting(), { basedOn: config })).toMatchObject({ status: 'applied' });
    expect(asked).toEqual(['facts', 'transaction', 'transaction', 'settle']);
    expect(await leftovers()).toBe('');
  });

  it('has postfix check go through the installation where the change is about it', async () => {
    await using host = await stage.open();
    const check = async (changed: Plan): Promise<unknown> => {
      const log = await stage.postfix.settledLog();
      expect(await host.apply(changed)).toMatchObject({ status: 'applied' });
      // postfix-script writes down who asks for the status, and nothing of a check that finds all well.
      return (await stage.postfix.settledLog())
        .slice(log.length)
        .includes('the Postfix mail system is running')
        ? 'status'
        : 'check';
    };
    expect(await check(newGreeting())).toBe('status');
    expect(await check(plan([set('hash_queue_depth', '2')]))).toBe('check');
    await stage.lab.run('rmdir', ['/var/spool/postfix/hold']);
    expect(await check(newGreeting('again'))).toBe('check');
    expect((await stage.lab.run('test', ['-d', '/var/spool/postfix/hold'])).status).toBe(0);
  });

  it('shows the state of the host, with the certificate on disk against the one that is served', async () => {
    const { certificate, key } = makeCertificate('mail.lab.test');
    stage.lab.write('/etc/postfix/cert.pem', certificate);
    stage.lab.write('/etc/postfix/key.pem', key, { mode: 0o600 });
    await using host = await stage.open();
    const tls = plan(
      [
        set('smtpd_tls_cert_file', '/etc/postfix/cert.pem'),
        set('smtpd_tls_key_file', '/etc/postfix/key.pem'),
        set('smtpd_tls_security_level', 'may'),
      ],
      ['starttls'],
    );
    expect(await host.apply(tls, { vantage: stage.vantage })).toMatchObject({ status: 'applied' });
    const status = await host.status();
    expect(status).toMatchObject({
      version: '3.7.11',
      drift: [],
      pending: undefined,
      queue: { active: 0, deferred: 0 },
    });
    expect(status.master?.pid).toBeGreaterThan(1);
    expect(status.listeners.join()).toContain('203.0.113.25:25');
    expect(status.certificates).toMatchObject([
      { file: '/etc/postfix/cert.pem', served: true, names: ['mail.lab.test'] },
    ]);
    expect(status.log.counts['connections']).toBeGreaterThan(0);
    expect(toPrometheus(status)).toMatch(
      /postfix_up\{host="mail\.lab\.test"\} 1\n[^]*postfix_queue_messages\{host="mail\.lab\.test",queue="deferred"\} 0\n/,
    );
  });

  it('lets no secret into a record, a message or a log', async () => {
    await using host = await stage.open();
    const secret = 'hunter2-hunter2';
    const secrets = plan([
      { type: 'put-file', path: 'sasl_passwd', content: `[mx.example.net] user:${secret}\n`, because },
      { type: 'postfix-action', action: 'postmap', table: 'hash:/etc/postfix/sasl_passwd', because },
      set('smtp_sasl_password_maps', 'hash:/etc/postfix/sasl_passwd'),
    ]);
    const steps: string[] = [];
    const {
      before: _,
      after: __,
      ...done
    } = await host.apply(secrets, { onStep: (step) => steps.push(step) });
    expect(done.status).toBe('applied');
    expect(JSON.stringify([done, steps, await host.history()])).not.toContain(secret);
    // A table of passwords by what main.cf calls it alone, which somebody then changes by hand.
    const plain = plan([
      { type: 'put-file', path: 'relays', content: `[mx.example.net] user:${secret}\n`, because },
      { type: 'postfix-action', action: 'postmap', table: 'hash:/etc/postfix/relays', because },
      set('smtp_sasl_password_maps', 'hash:/etc/postfix/relays'),
    ]);
    expect(JSON.stringify((await host.apply(plain)).checks)).not.toContain(secret);
    stage.lab.write('/etc/postfix/relays', `[mx.example.net] user:${secret}-2\n`);
    const report = await host.status();
    expect(report.drift).toMatchObject([{ path: 'relays', what: 'content' }]);
    expect(JSON.stringify(report)).not.toContain(secret);
    const failed = await host
      .apply(plan([set('smtp_sasl_password_maps', `static:user:${secret}`), set('queue_run_delay', '300q')]))
      .catch((error: unknown) => error);
    expect(`${String(failed)} ${JSON.stringify(failed)}`).not.toContain(secret);
    await host.rollback(undefined, { force: true });
    const found = await stage.lab.run('sh', [
      '-c',
      `grep -rls ${secret} /var/log /run /etc /var/lib/postern | sort; stat -c %a /var/lib/postern /etc/postfix/sasl_passwd /etc/postfix/sasl_passwd.db`,
    ]);
    expect(
      found.stdout
        .split('\n')
        .filter((path) => !/lib\/postern\/changes\/[^/]+\/(?:before|after)\/\d+$/.test(path)),
    ).toEqual(['/etc/postfix/sasl_passwd', '/etc/postfix/sasl_passwd.db', '700', '600', '600', '']);
  });

  it('takes names and values that would be commands for what they are', async () => {
    await using host = await stage.open();
    const hostile = [
      '$(touch /run/pwned)',
      '`touch /run/pwned`',
      "'; touch /run/pwned; '",
      '"; touch /run/pwned; "',
      '| touch /run/pwned',
      '-rf',
      '--help',
      '*',
      '~root',
      '\\',
      'a b  c',
      '%s%n',
      '${IFS}',
    ];
    const files = hostile.map((name) => ({
      type: 'put-file' as const,
      path: `odd/${name.replaceAll('/', '_')}`,
      content: `${name}\n`,
      because,
    }));
    // A dollar sign that Postfix is to take as one is written twice.
    const values = hostile.map((value, index) => set(`odd_${index}`, `x ${value.split('$').join('$$')}`));
    const odd = plan([...files, ...values]);
    expect(await host.apply(odd)).toMatchObject({ status: 'applied' });
    for (const { path, content } of files) expect(read(`/etc/postfix/${path}`)).toBe(content);
    for (const { value } of values as { value: string }[])
      expect(read('/etc/postfix/main.cf')).toContain(` = ${value}\n`);
    expect(await host.apply(odd)).toMatchObject({ status: 'unchanged' });
    expect(await host.rollback()).toMatchObject({ status: 'applied' });
    expect(read('/etc/postfix/main.cf')).toBe(mainText);
    expect((await stage.lab.run('sh', ['-c', 'ls /run/pwned; find /etc/postfix/odd -type f'])).stdout).toBe(
      '',
    );
    for (const path of ['a\nb', 'a\0b'])
      await expect(
        host.apply(plan([{ type: 'put-file', path, content: '', because }])),
      ).rejects.toMatchObject({ code: 'bad-argument' });
  });

  it('does not stay when the host is rebooted before it is confirmed', async () => {
    await using host = await stage.open();
    await host.apply(newGreeting(), { confirm: 'by-hand', confirmWithin: 300_000 });
    // What a reboot does: every process is gone, the kernel has another name for this boot, and init runs its entries.
    await stage.lab.run('sh', [
      '-c',
      'postfix stop; pkill -KILL -f "[e]xec sh"; pkill -KILL -f "[s]leep 300"; echo another >/run/boot; mount --bind /run/boot /proc/sys/kernel/random/boot_id; for entry in /etc/rc2.d/S*postern*; do sh "$entry"; done; umount /proc/sys/kernel/random/boot_id; postfix start',
    ]);
    expect(read('/etc/postfix/main.cf')).toBe(mainText);
    expect(await leftovers()).toBe('');
    await sleep(100);
    expect(await stage.mailFlows()).toBe(true);
  });
});
