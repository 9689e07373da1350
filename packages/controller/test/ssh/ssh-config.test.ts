import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, findProgram, startLab, startSshd, type Lab, type Sshd } from '@postern/testbed';
import { connectSsh } from '../../src/ssh/connect.ts';
import { lookUp, parseAddress } from '../../src/ssh/ssh-config.ts';
import { clientFor } from './open.ts';

let home: string;
const old = process.env['HOME'];
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'postern-home-'));
  process.env['HOME'] = home;
  await mkdir(join(home, '.ssh/conf.d/deep'), { recursive: true });
  const files: Record<string, string> = {
    config: `# what comes first wins
Include ${home}/.ssh/conf.d/*.conf
Host mx? !mx9
  HostName %h.example.com
  User anna
  Port 2222
  IdentityFile ~/.ssh/first
  Include only-for-mx
  IdentityFile "~/.ssh/with a space"
Host mx9
  HostName nine.example.com
Match originalhost alias host real.example.com
  User wrong
Host alias
  HostName real.example.com
Match host real.example.com user ${userInfo().username}
  Port 2022
Match host real.example.com !user somebody
  HostKeyAlias the-real-one
Match exec "touch ${join(home, 'was-run')}"
  User executed
Host *.inner.example.com
  ProxyJump ops@gate.example.com:2200,second
Host second
  ProxyJump none
Host far
  ProxyJump second.hop
Host second.hop
  ProxyJump first.hop
Host loop-a
  ProxyJump loop-b
Host loop-b
  ProxyJump loop-a
Host agented
  IdentityAgent "~/.ssh/own agent"
Host by-variable
  IdentityAgent $MY_AGENT
Host strict
  IdentitiesOnly yes
  IdentityFile ~/.ssh/only
Host *
  UserKnownHostsFile ~/.ssh/known_a ~/.ssh/known_b
  Port 7777
  User fallback
`,
    'conf.d/10-a.conf': 'Host included\n  HostName 192.0.2.10\n  User from-ten\n',
    'conf.d/20-b.conf': `Include ${home}/.ssh/conf.d/deep/*\nHost included\n  User from-twenty\n  Port 2020\n`,
    'conf.d/deep/x': 'Host deep\n  HostName deep.example.com\n',
    'conf.d/.hidden.conf': 'Host *\n  User hidden\n',
    'only-for-mx': 'IdentityFile ~/.ssh/included\nHost alias mx1\n  HostKeyAlias inside\n',
    circle: 'Include circle\n',
    commanded: 'Host *\n  ProxyCommand nc %h %p\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(home, '.ssh', name), text);
});
afterAll(async () => {
  process.env['HOME'] = old;
  await rm(home, { recursive: true });
});
const say = (address: string, file = 'config') => lookUp(parseAddress(address), join(home, '.ssh', file));

it('goes by patterns, and the first value wins', async () => {
  expect(await say('mx1')).toMatchObject({
    host: 'mx1.example.com',
    user: 'anna',
    port: 2222,
    identities: ['first', 'included', 'with a space'].map((name) => join(home, '.ssh', name)),
    keyName: 'inside',
    knownHosts: [join(home, '.ssh/known_a'), join(home, '.ssh/known_b'), '/etc/ssh/ssh_known_hosts'],
  });
  expect(await say('mx9')).toMatchObject({
    host: 'nine.example.com',
    user: 'fallback',
    port: 7777,
    identities: [],
  });
  expect(await say('ssh://kari@mx1:22')).toMatchObject({ user: 'kari', port: 22 });
});

it('follows Include where it stands: by pattern and order, deep, and for some hosts alone', async () => {
  expect(await say('included')).toMatchObject({ host: '192.0.2.10', user: 'from-ten', port: 2020 });
  expect(await say('deep')).toMatchObject({ host: 'deep.example.com', user: 'fallback' });
  // The Host line in what is included for mx? alone says nothing about alias.
  expect(await say('alias')).toMatchObject({ keyName: 'the-real-one' });
  await expect(say('any', 'circle')).rejects.toMatchObject({ code: 'unsupported-ssh-config' });
});

it('goes by Match host, originalhost, user and their negation, and runs no command', async () => {
  // Where "Match originalhost alias host …" stands, HostName has not been read yet.
  expect(await say('alias')).toMatchObject({ host: 'real.example.com', user: 'fallback', port: 2022 });
  expect(await say('somebody@alias')).toMatchObject({
    user: 'somebody',
    port: 7777,
    keyName: 'real.example.com',
  });
  expect(spawnSync('ls', [join(home, 'was-run')]).status).not.toBe(0);
});

it('knows agents by path and by variable, and that there are to be no others', async () => {
  expect(await say('agented')).toMatchObject({ agent: join(home, '.ssh/own agent') });
  process.env['MY_AGENT'] = '/run/my-agent';
  expect(await say('by-variable')).toMatchObject({ agent: '/run/my-agent' });
  delete process.env['MY_AGENT'];
  expect(await say('by-variable')).toMatchObject({ agent: 'none' });
  expect(await say('strict')).toMatchObject({ identitiesOnly: true, identities: [join(home, '.ssh/only')] });
});

it('refuses a ProxyCommand', async () => {
  await expect(say('any', 'commanded')).rejects.toMatchObject({ code: 'unsupported-ssh-config' });
});

it.skipIf(findProgram('ssh') === undefined)('reads all of it as ssh -G does', async () => {
  for (const host of [
    'mx1',
    'mx9',
    'included',
    'deep',
    'alias',
    'somebody@alias',
    'strict',
    'a.inner.example.com',
    'other',
  ]) {
    // ssh does run what Match exec says; it is asked without.
    const { stdout, stderr } = spawnSync(
      'sh',
      [
        '-c',
        'sed "/^Match exec/,/^Host/{/^Host/!d}" "$1" >"$1.plain"; HOME="$2" ssh -G -F "$1.plain" "$3"',
        'sh',
        join(home, '.ssh/config'),
        home,
        host,
      ],
      { encoding: 'utf8' },
    );
    expect(stderr).not.toMatch(/error|Bad|terminating/i);
    const theirs = (name: string): string | undefined => new RegExp(`^${name} (.*)$`, 'm').exec(stdout)?.[1];
    const ours = await say(host);
    expect({
      host,
      name: ours.host,
      user: ours.user,
      port: String(ours.port),
      jumps: ours.jumps.join(',') || undefined,
    }).toEqual({
      host,
      name: theirs('hostname'),
      user: theirs('user'),
      port: theirs('port'),
      jumps: theirs('proxyjump'),
    });
  }
});

describeWith(['root', 'namespaces', 'sshd', 'sudo'], 'machines in between', () => {
  let lab: Lab;
  let sshds: Sshd[];
  beforeAll(async () => {
    lab = await startLab();
    sshds = await Promise.all([22, 2201, 2202].map((port) => startSshd(lab, { port })));
  });
  afterAll(async () => lab?.close());

  it('are gone through in their order, also where one of them has its own way', async () => {
    await using client = await clientFor(sshds[0]!);
    const keys = sshds.map(({ key }) => ({ key }));
    await writeFile(
      client.knownHosts[0]!,
      sshds
        .map(({ port, hostKeys }) => `${port === 22 ? '127.0.0.1' : `[127.0.0.1]:${port}`} ${hostKeys[0]}\n`)
        .join(''),
    );
    const configFile = join(client.folder, 'config');
    await writeFile(
      configFile,
      `Host one two three\n  HostName 127.0.0.1\n  User root\nHost one\n  Port 22\nHost two\n  Port 2201\n  ProxyJump one\nHost three\n  Port 2202\n  ProxyJump two\nHost circle\n  ProxyJump again\nHost again\n  ProxyJump circle\n`,
    );
    const { user: _, port: __, ...rest } = client;
    const before = sshds.map(({ daemon }) => daemon.output().length);
    await using host = await connectSsh({ ...rest, host: 'three', configFile, identities: keys });
    expect((await host.run({ script: 'echo "$SSH_CONNECTION"' })).stdout.toString()).toMatch(/ 2202\n$/);
    sshds.forEach(({ daemon }, index) =>
      expect(daemon.output().slice(before[index])).toContain('Accepted publickey for root'),
    );
    await expect(connectSsh({ ...rest, host: 'circle', configFile })).rejects.toThrow(/in a circle/);
  });
});
