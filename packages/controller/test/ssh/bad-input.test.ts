import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connect, type ConnectOptions } from '@postern/controller';
import { describeWith } from '@postern/testbed';
import { mainText, newGreeting, plan, startStage, type Stage } from '../postfix/stage.ts';
import { putStubs } from '../postfix/stubs.ts';

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix', 'ssh-keygen'], 'what is said of', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
    // A /usr that can be written to and stays in the lab.
    await sh(
      'mkdir -p /run/.lab/usr/upper /run/.lab/usr/work; mount -t overlay overlay -o lowerdir=/usr,upperdir=/run/.lab/usr/upper,workdir=/run/.lab/usr/work /usr; cp -p /usr/sbin/postconf /usr/sbin/sendmail /run/',
    );
  });
  afterAll(async () => stage?.[Symbol.asyncDispose]());
  afterEach(async () => {
    stage.lab.write('/root/.bashrc', '');
    await sh(
      'rm -f /usr/sbin/sendmail; cp -p /run/postconf /run/sendmail /usr/sbin/; usermod -s /bin/bash deploy; postfix status 2>/dev/null || postfix start',
    );
  });
  const sh = async (text: string): Promise<string> => (await stage.lab.run('sh', ['-c', text])).stdout;
  /** What an apply says, all the way from the login; nothing may have changed. */
  const said = async (options: Partial<ConnectOptions> = {}): Promise<string> => {
    const error = await (async () => {
      await using host = await stage.open(options);
      return await host.apply(newGreeting());
    })().catch((cause: unknown) => cause);
    expect(stage.lab.read('/etc/postfix/main.cf')).toBe(mainText);
    return error instanceof Error ? error.message : JSON.stringify(error);
  };

  it('a wrong password', async () => {
    expect(await said({ user: 'deploy', identities: [], password: () => 'not this' })).toBe(
      'deploy@mail.lab.test: logging in: sshd let nobody in (tried: keyboard-interactive, password). Check the user, and that its ~/.ssh/authorized_keys has your key.',
    );
  });

  it('a wrong key, and a user that is not there', async () => {
    const file = join(stage.client.folder, 'stranger');
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    expect(await said({ identities: [file] })).toBe(
      `root@mail.lab.test: logging in: sshd let nobody in (tried: key ${file}). Check the user, and that its ~/.ssh/authorized_keys has your key.`,
    );
    expect(await said({ user: 'nobody-here' })).toMatch(
      /^nobody-here@mail\.lab\.test: logging in: sshd let nobody in/,
    );
    expect(await said({ identities: ['/nonexistent/key'] })).toMatch(
      /^\/nonexistent\/key: cannot be read: ENOENT/,
    );
    expect(await said({ identities: ['/etc/hostname'] })).toMatch(
      /^\/etc\/hostname: cannot be read as a private key/,
    );
  });

  it('a wrong host: a name that is none, a port where nobody listens, a server that is not sshd', async () => {
    const { socket: _, ...direct } = stage.client;
    const refused = (options: Partial<ConnectOptions>): Promise<string> =>
      connect({ ...direct, ...options }).then(
        () => 'let in',
        (error: Error) => error.message,
      );
    expect(await refused({ host: 'no-such-host.invalid' })).toMatch(
      /^no-such-host\.invalid port 22: connecting: getaddrinfo \w+ no-such-host\.invalid\. Check the name/,
    );
    expect(await refused({ host: '127.0.0.1', port: 1 })).toMatch(
      /^127\.0\.0\.1 port 1: connecting: connect ECONNREFUSED 127\.0\.0\.1:1\. Check the name, the port, and that sshd runs there\./,
    );
    expect(await refused({ socket: () => stage.lab.connect({ port: 25 }), timeout: 2000 })).toMatch(
      /^root@mail\.lab\.test: handshake: .*Check that sshd runs there/,
    );
    for (const host of ['-oProxyCommand=id', 'a b', 'ssh://', 'mail:99999', 'user@@host'])
      expect(await refused({ host })).toMatch(/is no address of a host/);
  });

  it('a host without Postfix', async () => {
    await sh('rm /usr/sbin/postconf');
    expect(await said()).toBe(
      'mail.lab.test: reading the host: there is no Postfix (no postconf in PATH or sbin). Install it, or apply a plan that does.',
    );
  });

  it.each(['exim4', 'opensmtpd', 'msmtp'])('a host with another mail server: %s', async (server) => {
    await sh(
      `rm /usr/sbin/postconf /usr/sbin/sendmail; printf '#!/bin/sh\n' >/usr/sbin/${server}; chmod 755 /usr/sbin/${server}; ln -s ${server} /usr/sbin/sendmail`,
    );
    expect(await said()).toBe(
      `mail.lab.test: reading the host: its mail server is /usr/sbin/${server}, not Postfix. Move it to Postfix first, or name another host.`,
    );
    await sh(`rm /usr/sbin/${server}`);
  });

  it('a Postfix that does not run', async () => {
    await sh('postfix stop');
    expect(await said()).toBe(
      'mail.lab.test: before the change: Postfix is not running. Start it (postfix start) so that the change can be proved, or let the plan restart it.',
    );
  });

  it('another system', async () => {
    putStubs(stage.lab, { uname: 'echo FreeBSD' });
    expect(await said()).toBe(
      'mail.lab.test: reading the host: it runs FreeBSD, and only Linux is known here.',
    );
  });

  it.each([
    ['/usr/sbin/nologin', /exit 1: This account is currently not available\./],
    ['/bin/false', /exit 1, without a word/],
    ['/usr/bin/perl', /exit \d+: .*exec 'sh'/],
    ['/no/such/shell', /logging in|exit \d+/],
  ])('a login shell that is none: %s', async (shell, words) => {
    await sh(`usermod -s ${shell} deploy; sed -i 's#^\\(deploy:.*\\):[^:]*$#\\1:${shell}#' /etc/passwd`);
    const message = await said({ user: 'deploy' });
    expect(message).toMatch(/^(deploy@)?mail\.lab\.test: (the login shell ran no command|logging in: )/);
    expect(message).toMatch(words);
  });

  it('nothing, for a user of csh or fish: their shells pass everything on', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'postern-shells-'));
    try {
      const names = ['tcsh', 'fish', 'libpcre2-32-0'];
      const { status, stderr } = spawnSync('apt-get', ['download', ...names], {
        cwd: folder,
        encoding: 'utf8',
      });
      if (status !== 0)
        return context.skip(`Debian's archive cannot be reached: ${stderr.trim().split('\n').at(-1)}`);
      for (const file of spawnSync('ls', [folder], { encoding: 'utf8' }).stdout.trim().split('\n')) {
        stage.lab.write(`/run/${file}`, readFileSync(join(folder, file)));
        await sh(`dpkg-deb -x /run/${file} /usr/local/shells`);
      }
      stage.lab.write(
        '/usr/local/shells/fish',
        '#!/bin/sh\nLD_LIBRARY_PATH=$(echo /usr/local/shells/usr/lib/*) exec /usr/local/shells/usr/bin/fish "$@"\n',
        { mode: 0o755 },
      );
      for (const shell of ['/usr/local/shells/bin/tcsh', '/usr/local/shells/fish']) {
        await sh(`usermod -s ${shell} deploy`);
        await using host = await stage.open({ user: 'deploy' });
        expect(
          (
            await host.run({ script: 'printf "[%s]" "$@"', args: ["it's", '$(id)', 'a\nb', '!x', '\\'] })
          ).stdout.toString(),
        ).toBe("[it's][$(id)][a\nb][!x][\\]");
        expect(await host.apply(plan([]))).toMatchObject({ status: 'unchanged' });
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
