import { createSocket, type RemoteInfo, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, scratch, startLab, startNameserver, type Daemon, type Lab } from '@postern/testbed';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { longest, program, startCommand, type CommandEnd, type RealCommand } from './real-command.ts';

const stack: (Disposable | AsyncDisposable)[] = [];
afterEach(async () => {
  for (const each of stack.splice(0).toReversed())
    await (Symbol.asyncDispose in each ? each[Symbol.asyncDispose]() : each[Symbol.dispose]());
});

function start(...argv: string[]): RealCommand {
  const command = startCommand(argv);
  stack.push(command);
  return command;
}

/** How it ends after Ctrl-C. */
async function interrupted(command: RealCommand): Promise<CommandEnd> {
  command.interrupt();
  return await command.ended();
}

/** A name server that answers when the test says so, or never. */
async function startSilence(): Promise<{ server: string; socket: Datagrams }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  stack.push({ [Symbol.dispose]: () => void socket.close() });
  await once(socket, 'listening');
  return { server: `127.0.0.1:${socket.address().port}`, socket };
}

const stopped = { code: 3, signal: null, err: 'postern: stopped\n' };

describe('Ctrl-C', () => {
  it.each([
    ['spf check --ip 192.0.2.7 --helo mx.example.org --sender a@example.com'],
    ['domain check example.com example.org --no-connect'],
    ['host check mx.example.com --no-connect'],
    ['dnsbl health --lists zen.spamhaus.org'],
  ])('ends postern %s while DNS is silent', async (words) => {
    const { server, socket } = await startSilence();
    const command = start(...words.split(' '), '--server', server);
    await command.meanwhile('a question to the name server', once(socket, 'message'));
    expect(await interrupted(command)).toMatchObject({ ...stopped, out: '' });
  });

  it('ends a command that waits for its input', async () => {
    const command = start('domain', 'check', '-', '--no-connect');
    // More than the pipe holds: once it is written, the command has begun to read.
    const read = Promise.withResolvers<void>();
    command.input.write('\n'.repeat(2 ** 21), () => read.resolve());
    await command.meanwhile('its first reading', read.promise);
    expect(await interrupted(command)).toMatchObject(stopped);
  });

  it('ends an audit of a host that says nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    stack.push({ [Symbol.dispose]: () => void server.close() });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const command = start('audit', `ssh://root@127.0.0.1:${port}`, '--no-ssh-config');
    const [near] = (await command.meanwhile('a connection', once(server, 'connection'))) as [Socket];
    const closed = once(near.resume(), 'close');
    expect(await interrupted(command)).toMatchObject({ ...stopped, out: '' });
    await closed;
  });

  it('lets the policy server finish what it has begun, and takes its socket away', async () => {
    const { server, socket: names } = await startSilence();
    const files = scratch();
    stack.push(files);
    const settings = {
      resolver: { servers: [server] },
      handlers: [{ type: 'spf', receiver: 'mail.example.com' }],
    };
    const config = files.write('policy.json', JSON.stringify(settings));
    const path = join(files.folder, 'policy');
    const command = start('policy', 'serve', '--config', config, '--listen', `unix:${path}`, '--log', 'none');
    await command.meanwhile(
      'the socket',
      until(() => existsSync(path)),
    );
    const smtpd = connect(path);
    stack.push({ [Symbol.dispose]: () => void smtpd.destroy() });
    smtpd.write(
      'request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.7\nhelo_name=mx.example.org\n' +
        'sender=a@example.com\nrecipient=b@example.com\ninstance=1\n\n',
    );
    const asked: [Buffer, RemoteInfo][] = [];
    names.on('message', (question, from) => asked.push([question, from]));
    await command.meanwhile('a question to the name server', once(names, 'message'));

    command.interrupt();
    await command.meanwhile(
      'the end of the socket',
      until(() => !existsSync(path)),
    );
    const answer = once(smtpd, 'data') as Promise<[Buffer]>;
    const answerAll = setInterval(() => {
      for (const [question, { port }] of asked.splice(0)) names.send(noSuchName(question), port, '127.0.0.1');
    }, 20);
    stack.push({ [Symbol.dispose]: () => clearInterval(answerAll) });
    expect(String((await command.meanwhile('the answer', answer))[0])).toMatch(/^action=\S.*\n\n$/);
    expect(await command.ended()).toMatchObject({ code: 0, err: '' });
  });

  it('ends postern web while a browser holds a connection', async () => {
    const folder = join(import.meta.dirname, '../../../examples/quickstart/host');
    const command = start('web', folder, '--postfix', '3.7.11');
    await command.meanwhile(
      'its address',
      until(() => command.out().includes('\n')),
    );
    const url = new URL(command.out().trim());
    const browser = connect(Number(url.port), '127.0.0.1');
    stack.push({ [Symbol.dispose]: () => void browser.destroy() });
    browser.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
    await command.meanwhile('the page', once(browser, 'data'));
    const closed = once(browser.resume(), 'close');
    expect(await interrupted(command)).toMatchObject({ code: 0, err: '' });
    await closed;
    const again = connect(Number(url.port), '127.0.0.1');
    stack.push({ [Symbol.dispose]: () => void again.destroy() });
    const [refused] = (await once(again, 'error').catch((error: unknown) => [error])) as [{ code: string }];
    expect(refused.code).toBe('ECONNREFUSED');
  });
});

describeWith(['root', 'namespaces', 'postfix', 'smtp-source'], 'Ctrl-C on a machine', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab();
    lab.write('/etc/postfix/main.cf', 'compatibility_level = 3.6\nmyhostname = mail.lab.test\n', {
      age: 3600,
    });
    lab.write('/etc/postfix/master.cf', readFileSync('/usr/share/postfix/master.cf.dist'), { age: 3600 });
  });
  afterAll(() => lab?.close());
  const processes = async (pattern: string): Promise<string> =>
    (await lab.run('pgrep', ['-a', '-x', pattern])).stdout;
  /** The command in the lab; its process there is named by the first line that is printed. */
  const startThere = (...argv: string[]): Promise<Daemon> =>
    lab.startDaemon(
      'sh',
      [
        '-c',
        `"$@" & echo "$!"; wait "$!"; echo "ended with $?"`,
        'sh',
        process.execPath,
        ...program,
        ...argv,
      ],
      { ready: (output) => /^\d+\n/.test(output) },
    );
  const interruptThere = (daemon: Daemon): Promise<unknown> =>
    lab.run('kill', ['-INT', /^\d+/.exec(daemon.output())![0]]);

  it('takes the private instance of a measurement away', async () => {
    const folders = async (): Promise<string> =>
      (await lab.run('sh', ['-c', 'ls -d /var/spool/postern-measure.* 2>/dev/null'])).stdout;
    const measuring = await startThere('tune', 'measure', 'local', '--messages', '100000', '--seconds', '50');
    await expect.poll(() => processes('smtp-source'), { timeout: longest }).not.toBe('');
    expect(await folders()).toMatch(/postern-measure/);
    await interruptThere(measuring);
    await expect.poll(() => measuring.output(), { timeout: longest }).toMatch(/stopped\nended with 3\n$/);
    expect(await folders()).toBe('');
    expect(await processes('smtp-source|smtp-sink|master|smtpd|qmgr')).toBe('');
  });

  it('ends a domain check at a mail server that says nothing', async () => {
    const world = {
      'hung.test': { MX: [{ preference: 10, exchange: 'mx.hung.test' }] },
      'mx.hung.test': { A: ['198.51.100.9'] },
    };
    await using _names = await startNameserver({ lab, world });
    const listen = `require('node:net').createServer(() => console.log('connected')).listen(25, '0.0.0.0', () => console.log('listening'))`;
    await using hung = await lab.startDaemon(process.execPath, ['-e', listen], {
      ready: (output) => output.includes('listening'),
    });
    const checking = await startThere('domain', 'check', 'hung.test', '--server', '127.0.0.1');
    await expect.poll(() => hung.output(), { timeout: longest }).toContain('connected');
    await interruptThere(checking);
    await expect
      .poll(() => checking.output(), { timeout: longest })
      .toMatch(/^\d+\npostern: stopped\nended with 3\n$/);
  });
});

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + longest; !isSo() && Date.now() < deadline;) await sleep(10);
}

/** The answer to a question: there is no such name. */
function noSuchName(question: Buffer): Buffer {
  const answer = Buffer.from(question);
  answer[2]! |= 0x80;
  answer[3] = 0x83;
  return answer;
}
