import { readFile, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, startDaemon, startLab, startSshd, type Lab, type Sshd } from '@postern/testbed';
import { connectSsh, type SshOptions } from '../../src/ssh/connect.ts';
import { hostContract, liveHostContract } from '../host/host-contract.ts';
import { clientFor } from './open.ts';

const needs = ['root', 'namespaces', 'sshd', 'ssh-keygen', 'sudo'] as const;

describeWith(needs, 'a host by ssh', () => {
  let lab: Lab;
  let sshd: Sshd;
  let client: Awaited<ReturnType<typeof clientFor>>;
  const keygen = (...args: string[]): void => {
    const { status, stderr } = spawnSync('ssh-keygen', ['-q', ...args], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  };

  beforeAll(async () => {
    lab = await startLab();
    sshd = await startSshd(lab, {
      hostKeys: ['ed25519', 'ecdsa', 'rsa'],
      passwords: { deploy: "it's a $(secret)" },
    });
    client = await clientFor(sshd);
  });
  afterAll(async () => {
    await client[Symbol.asyncDispose]();
    await lab.close();
  });

  hostContract('ssh', async () => ({ host: await connectSsh(client), folder: '/root' }));
  hostContract('ssh as a user with sudo', async () => ({
    host: await connectSsh({ ...client, user: 'deploy' }),
    folder: '/home/deploy',
  }));
  liveHostContract('ssh', async () => ({ host: await connectSsh(client) }));

  const refusal = (options: Partial<SshOptions>): Promise<unknown> =>
    connectSsh({ ...client, ...options }).then(
      (host) => host.close().then(() => 'let in'),
      (error: unknown) => error,
    );

  it('refuses a machine that no key is known of, with its fingerprint and what to do, before logging in', async () => {
    const before = sshd.daemon.output().length;
    const error = await refusal({ knownHosts: [join(client.folder, 'none')] });
    expect(error).toMatchObject({ code: 'host-key-unknown' });
    expect(String(error)).toMatch(
      /mail\.lab\.test: no host key is known, and it shows ssh-ed25519 SHA256:[\w+/]{43}\. Compare/,
    );
    expect(sshd.daemon.output().slice(before)).not.toMatch(/Accepted|Failed|authenticating user/);
  });

  it('accepts it when asked, remembers its key, and knows it from then on', async () => {
    const knownHosts = [join(client.folder, 'fresh/known_hosts')];
    await (await connectSsh({ ...client, knownHosts, acceptNew: true })).close();
    expect(await readFile(knownHosts[0]!, 'utf8')).toBe(`mail.lab.test ${sshd.hostKeys[0]}\n`);
    await (await connectSsh({ ...client, knownHosts })).close();
  });

  it('refuses a changed key even then, and says where the old one stands', async () => {
    const knownHosts = [join(client.folder, 'changed')];
    keygen('-t', 'ed25519', '-N', '', '-f', join(client.folder, 'other'));
    const other = await readFile(join(client.folder, 'other.pub'), 'utf8');
    await writeFile(knownHosts[0]!, `# a comment\nmail.lab.test ${other}`);
    const before = sshd.daemon.output().length;
    const error = await refusal({ knownHosts, acceptNew: true });
    expect(error).toMatchObject({ code: 'host-key-changed' });
    expect(String(error)).toMatch(/now ssh-ed25519 SHA256:.*, known ssh-ed25519 SHA256:.* at .*changed:2\)/);
    expect(sshd.daemon.output().slice(before)).not.toMatch(/Accepted|Failed|authenticating user/);
  });

  it('refuses a revoked key though it is also known', async () => {
    const knownHosts = [join(client.folder, 'revoked')];
    await writeFile(knownHosts[0]!, `mail.lab.test ${sshd.hostKeys[0]}\n@revoked * ${sshd.hostKeys[0]}\n`);
    expect(await refusal({ knownHosts })).toMatchObject({ code: 'host-key-revoked' });
  });

  it.each([0, 1, 2])(
    'asks for the type of key that is known (%i), also under a hashed name',
    async (index) => {
      const knownHosts = [join(client.folder, `hashed${index}`)];
      const salt = randomBytes(20);
      const hash = createHmac('sha1', salt).update('mail.lab.test').digest('base64');
      await writeFile(knownHosts[0]!, `|1|${salt.toString('base64')}|${hash} ${sshd.hostKeys[index]}\n`);
      expect(await refusal({ knownHosts })).toBe('let in');
    },
  );

  it.each([
    ['ed25519', []],
    ['ecdsa', []],
    ['rsa', ['-b', '2048']],
  ])('logs in by an encrypted %s key, and says when the passphrase is wrong', async (type, more) => {
    const file = join(client.folder, `id_${type}`);
    keygen('-t', type, ...more, '-a', '1', '-N', 'open sesame', '-f', file);
    await lab.run('sh', ['-c', 'cat >>/root/.ssh/authorized_keys'], {
      stdin: await readFile(`${file}.pub`, 'utf8'),
    });
    expect(await refusal({ identities: [file], passphrase: () => 'open sesame' })).toBe('let in');
    const error = await refusal({ identities: [file], passphrase: () => 'close sesame' });
    expect(error).toMatchObject({ code: 'unusable-key' });
    expect(String(error)).not.toContain('close sesame');
  });

  it('logs in by an agent', async () => {
    const agent = join(client.folder, 'agent');
    await using _ = await startDaemon('ssh-agent', ['-D', '-a', agent], {
      ready: (output) => output.includes('SSH_AUTH_SOCK'),
    });
    const file = join(client.folder, 'in_agent');
    await writeFile(file, sshd.key, { mode: 0o600 });
    spawnSync('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: agent } });
    expect(await refusal({ identities: [], agent })).toBe('let in');
  });

  it('logs in by password, and says what it tried when it is wrong', async () => {
    const byPassword = { user: 'deploy', identities: [] };
    expect(await refusal({ ...byPassword, password: () => "it's a $(secret)" })).toBe('let in');
    const error = await refusal({ ...byPassword, password: () => 'wrong secret' });
    expect(error).toMatchObject({ code: 'authentication-failed' });
    expect(String(error)).toMatch(
      /deploy@mail\.lab\.test: logging in: sshd let nobody in \(tried: keyboard-interactive, password\)/,
    );
    expect(String(error)).not.toContain('wrong secret');
    expect(await refusal(byPassword)).toMatchObject({ code: 'authentication-failed' });
  });

  it('says where nobody answers', async () => {
    const { socket: _, ...direct } = client;
    const error = await connectSsh({ ...direct, host: '127.0.0.1', port: 1 }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(String(error)).toContain('127.0.0.1 port 1');
  });

  it('goes through other machines, each with its own key', async () => {
    await using inner = await startSshd(lab, { port: 2222 });
    await writeFile(client.knownHosts[0]!, `\n[127.0.0.1]:2222 ${inner.hostKeys[0]}\n`, { flag: 'a' });
    const host = await connectSsh({
      ...client,
      host: 'ssh://root@127.0.0.1:2222',
      port: 2222,
      jumps: ['root@mail.lab.test'],
    });
    expect((await host.run({ script: 'echo "$SSH_CONNECTION"' })).stdout.toString()).toMatch(
      / 127\.0\.0\.1 2222\n$/,
    );
    await host.close();
  });

  it('does what ~/.ssh/config says of an alias', async () => {
    const configFile = join(client.folder, 'config');
    await writeFile(
      configFile,
      'Host mx\n  HostName mail.lab.test\n  User deploy\n\nHost *\n  IdentitiesOnly yes\n',
    );
    const { user: _, port: __, ...rest } = client;
    const host = await connectSsh({ ...rest, host: 'mx', configFile });
    expect((await host.run(['id', '-un'])).stdout.toString()).toBe('deploy\n');
    expect((await host.run(['id', '-un'], { asRoot: true })).stdout.toString()).toBe('root\n');
    expect((await host.run(['cat'], { asRoot: true, stdin: 'x' })).stdout.toString()).toBe('x');
    await host.close();
    await writeFile(configFile, 'Host mx\n  ProxyCommand nc %h %p\n');
    await expect(connectSsh({ ...rest, host: 'mx', configFile })).rejects.toMatchObject({
      code: 'unsupported-ssh-config',
    });
  });

  it('gives sudo the password on its input, and says when sudo refuses', async () => {
    lab.write('/etc/sudoers.d/deploy', 'deploy ALL=(ALL) ALL\n', { mode: 0o440 });
    try {
      const deploy = { ...client, user: 'deploy' };
      await using asked = await connectSsh({ ...deploy, sudoPassword: () => "it's a $(secret)" });
      expect((await asked.run(['id', '-un'], { asRoot: true })).stdout.toString()).toBe('root\n');
      expect((await asked.run(['cat'], { asRoot: true, stdin: 'data' })).stdout.toString()).toBe('data');
      await using silent = await connectSsh(deploy);
      lab.write(
        '/etc/sudoers.d/deploy',
        'Defaults timestamp_timeout=0,passwd_tries=1\ndeploy ALL=(ALL) ALL\n',
        { mode: 0o440 },
      );
      await expect(silent.run(['true'], { asRoot: true })).rejects.toMatchObject({ code: 'sudo-refused' });
      await using wrong = await connectSsh({ ...deploy, sudoPassword: () => 'wrong secret' });
      const error = await wrong.run(['true'], { asRoot: true }).catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'sudo-refused' });
      expect(String(error)).not.toContain('wrong secret');
      expect((await lab.run('sh', ['-c', 'cat /var/log/*'])).stdout).not.toMatch(/secret/);
    } finally {
      lab.write('/etc/sudoers.d/deploy', 'deploy ALL=(ALL) NOPASSWD: ALL\n', { mode: 0o440 });
    }
  });

  it('is not confused by a .bashrc that talks, and says when the login shell is none', async () => {
    lab.write('/root/.bashrc', 'echo Welcome to mx1; echo mind the gap >&2\n');
    await using host = await connectSsh(client);
    expect(await host.run(['echo', 'hi'])).toMatchObject({ stdout: Buffer.from('hi\n'), stderr: '' });
    lab.write('/root/.bashrc', '');
    await lab.run('usermod', ['-s', '/usr/sbin/nologin', 'deploy']);
    await using closed = await connectSsh({ ...client, user: 'deploy' });
    const error = await closed.run(['true']).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'no-posix-shell' });
    expect(String(error)).toMatch(/mail\.lab\.test: the login shell ran no command .*not available/);
    await lab.run('usermod', ['-s', '/bin/bash', 'deploy']);
  });

  it('says that it does not know when the session is killed under a command', async () => {
    await using host = await connectSsh(client);
    const run = host.run(['sleep', '31']);
    const outcome = run.then(
      () => 'ended',
      (error: unknown) => error,
    );
    await expect.poll(async () => (await lab.run('pgrep', ['-xf', 'sleep 31'])).stdout).not.toBe('');
    await lab.run('pkill', ['-KILL', '-f', '^sshd: root@notty']);
    expect(await outcome).toMatchObject({ code: 'outcome-unknown' });
    await expect(host.run(['true'])).rejects.toMatchObject({ code: 'unreachable' });
    await using again = await host.reopen!();
    expect(await again.run(['true'])).toMatchObject({ status: 0 });
  });

  it('notices a connection that went silent', async () => {
    await using host = await connectSsh({ ...client, keepalive: { interval: 100, count: 2 } });
    const run = host.run(['sleep', '32']);
    const outcome = run.catch((error: unknown) => error);
    await expect.poll(async () => (await lab.run('pgrep', ['-xf', 'sleep 32'])).stdout).not.toBe('');
    await lab.run('pkill', ['-STOP', '-f', '^sshd: root@notty']);
    expect(await outcome).toMatchObject({ code: 'outcome-unknown' });
    await lab.run('pkill', ['-KILL', '-f', '^sshd: root@notty']);
  });
});
