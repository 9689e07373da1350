import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from './run.ts';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'policy-'))));
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

const limitOf = (limit: number): string =>
  `handlers: [{ type: rate-limit, limits: [{ per: user, count: recipients, limit: ${limit}, window: 3600 }] }]\n`;
const write = (content: string): string => {
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, content);
  return file;
};
const rcpt = (instance: string): string =>
  `request=smtpd_access_policy\nprotocol_state=RCPT\nsasl_username=kari\ninstance=${instance}\n\n`;

const program = [
  '--conditions=@postern/source',
  '--disable-warning=ExperimentalWarning',
  join(import.meta.dirname, '../src/main.ts'),
];

function start(
  args: readonly string[],
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
  wrap: string[] = [],
) {
  const [command, ...rest] = [...wrap, process.execPath, ...program, ...args] as [string, ...string[]];
  const child = spawn(command, rest, { stdio });
  children.push(child);
  let log = '';
  child.stderr?.on('data', (data) => (log += String(data)));
  return { child, log: () => log };
}

/** Waits for a line of the log; fails when the process ends before. */
async function logged({ child, log }: ReturnType<typeof start>, part: string): Promise<void> {
  while (!log().includes(part)) {
    if (child.exitCode !== null) throw new Error(`exited with ${child.exitCode}: ${log()}`);
    await sleep(20);
  }
}

async function ask(socket: Socket, request: string): Promise<string> {
  socket.write(request);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return String(data);
}

describe('postern policy serve', () => {
  it('answers on a unix socket, takes new settings on SIGHUP without forgetting its counts, and stops on SIGTERM', async () => {
    const path = join(folder, 'policy');
    const config = write(limitOf(1));
    const server = start(['policy', 'serve', '--config', config, '--listen', `unix:${path}`]);
    await logged(server, '"listening"');
    const socket = connect(path);
    expect(await ask(socket, rcpt('m1'))).toBe('action=DUNNO\n\n');
    expect(await ask(socket, rcpt('m2'))).toMatch(/^action=450 4\.7\.1 /);

    write(limitOf(2));
    server.child.kill('SIGHUP');
    await logged(server, '"settings reloaded"');
    expect(await ask(socket, rcpt('m3'))).toBe('action=DUNNO\n\n');
    expect(await ask(socket, rcpt('m4'))).toMatch(/^action=450 /);

    write('handlers: []\n');
    server.child.kill('SIGHUP');
    await logged(server, 'settings not reloaded');
    expect(server.log()).toContain('policy.yaml:1:1: handlers is empty');
    expect(await ask(socket, rcpt('m5'))).toMatch(/^action=450 /);

    server.child.kill('SIGTERM');
    expect(await once(server.child, 'exit')).toEqual([0, null]);
    expect(existsSync(path)).toBe(false);
    const decisions = server
      .log()
      .split('\n')
      .filter((line) => line.includes('"decision"'));
    expect(decisions).toHaveLength(5);
    expect(JSON.parse(decisions[0]!)).toMatchObject({
      level: 'info',
      action: 'DUNNO',
      user: 'kari',
      instance: 'm1',
    });
  });

  it('takes the listening socket that systemd passes', async () => {
    const owner = createServer();
    owner.listen(0, '127.0.0.1');
    await once(owner, 'listening');
    const { port } = owner.address() as AddressInfo;
    const { fd } = (owner as unknown as { _handle: { fd: number } })._handle;
    const args = ['policy', 'serve', '--config', write(limitOf(1)), '--listen', 'systemd'];
    // The process must be told its own id, as systemd does after it has forked.
    const wrap = ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', 'sh'];
    const server = start(args, ['ignore', 'pipe', 'pipe', fd], wrap);
    await logged(server, '"listening"');
    owner.close();
    expect(await ask(connect(port, '127.0.0.1'), rcpt('m1'))).toBe('action=DUNNO\n\n');
    server.child.kill('SIGTERM');
    expect(await once(server.child, 'exit')).toEqual([0, null]);
  });

  it('says so when systemd has passed nothing', async () => {
    const { code, err } = await run([
      'policy',
      'serve',
      '--config',
      write(limitOf(1)),
      '--listen',
      'systemd',
    ]);
    expect(code).toBe(3);
    expect(err).toContain('systemd passed no socket to this process');
  });

  it('on standard input and output writes nothing but answers, though its log goes the same way under spawn', async () => {
    const args = ['policy', 'serve', '--config', write(limitOf(1)), '--listen', 'stdio'];
    const server = start(args, ['pipe', 'pipe', 'ignore'], ['sh', '-c', 'exec "$@" 2>&1', 'sh']);
    server.child.stdin!.end(rcpt('m1') + rcpt('m2'));
    expect(await text(server.child.stdout!)).toBe(
      'action=DUNNO\n\naction=450 4.7.1 Sending limit of 1 recipients in 3600 seconds reached, try again later\n\n',
    );
    expect(await once(server.child, 'exit')).toEqual([0, null]);
  });

  it('appends its log to a file where it is told to, and only logs in a dry run', async () => {
    const file = join(folder, 'log');
    const args = [
      'policy',
      'serve',
      '--config',
      write(limitOf(0)),
      '--listen',
      'stdio',
      '--dry-run',
      '--log',
      file,
    ];
    const { child } = start(args, ['pipe', 'pipe', 'inherit']);
    const ended = once(child, 'close');
    child.stdin!.end(rcpt('m1'));
    expect(await text(child.stdout!)).toBe('action=DUNNO\n\n');
    await ended;
    expect(readFileSync(file, 'utf8')).toMatch(/"action":"450 4\.7\.1 .*"dryRun":true/);
  });

  it('with --check says what is wrong, by line, and starts nothing', async () => {
    const check = (content: string, ...more: string[]) =>
      run(['policy', 'serve', '--config', write(content), '--check', ...more]);
    expect(await check(limitOf(1))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/rate-limit\n$/) as string,
    });
    const bad = await check('handlers:\n  - type: spf\n    reciever: mx\n');
    expect(bad.code).toBe(2);
    expect(bad.err).toContain('policy.yaml:3:5: unknown setting "reciever"');
    expect(await check(limitOf(1), '--listen', 'nowhere')).toMatchObject({ code: 2 });
  });
});

describe('postern policy query', () => {
  it('answers one request and says why', async () => {
    const args = ['policy', 'query', '--config', write(limitOf(0))];
    const { code, out, err } = await run(args, { input: rcpt('m1') });
    expect(code).toBe(0);
    expect(out).toMatch(/^action=450 4\.7\.1 /);
    expect(err).toContain('rate-limit: user kari has 0 of 0 recipients in 3600 s');
    const json = JSON.parse((await run([...args, '--json'], { input: rcpt('m1') })).out) as object;
    expect(json).toMatchObject({ decidedBy: 'rate-limit' });
    expect(await run(args, { input: 'hello\n' })).toMatchObject({ code: 2 });
  });
});

describe('postern policy import', () => {
  it('prints our settings, which are read without a problem, and says what it could not carry over', async () => {
    const file = join(folder, 'policyd-spf.conf');
    writeFileSync(
      file,
      'debugLevel = 1\nTestOnly = 1\nHELO_reject = Fail\nMail_From_reject = Softfail\nPer_User = /etc/x\n',
    );
    const { code, out, err } = await run(['policy', 'import', file, '--receiver', 'mx.example.org']);
    expect(code).toBe(1);
    expect(err).toContain('policyd-spf.conf:5: Per_User: ');
    expect(JSON.parse(out)).toEqual({
      handlers: [
        {
          type: 'spf',
          receiver: 'mx.example.org',
          helo: { refuse: 'fail' },
          mailFrom: { refuse: 'softfail' },
        },
      ],
    });
    expect(await run(['policy', 'serve', '--config', write(out), '--check'])).toMatchObject({ code: 0 });
  });
});
