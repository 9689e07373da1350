import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, smtp, startLab, startPostfix, startSshd, type Lab } from '@postern/testbed';
import { run, type Ran } from './run.ts';

const main = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = mail.lab.test
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1, 203.0.113.25
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
defer_transports = smtp
maillog_file = /var/log/mail.log
`;

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix'], 'postern queue', () => {
  let lab: Lab;
  let way: Server;
  let folder: string;
  let target: string;
  beforeAll(async () => {
    lab = await startLab({ addresses: ['203.0.113.25'] });
    const sshd = await startSshd(lab);
    await startPostfix(lab, { main });
    way = createServer((near) => {
      void sshd.socket().then((far) => {
        near.pipe(far).pipe(near);
        near.on('error', () => far.destroy());
        far.on('error', () => near.destroy());
      });
    }).listen(0, '127.0.0.1');
    await once(way, 'listening');
    const { port } = way.address() as AddressInfo;
    folder = await mkdtemp(join(tmpdir(), 'postern-queue-'));
    await writeFile(join(folder, 'key'), sshd.key, { mode: 0o600 });
    await writeFile(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${sshd.hostKeys[0]}\n`);
    target = `ssh://root@127.0.0.1:${port}`;
    await using session = await smtp(lab, { from: '198.51.100.7', to: '203.0.113.25' });
    await session.ehlo('spam.example');
    for (let number = 0; number < 25; number++) {
      await session.mail(`victim${number}@forged.example`);
      await session.rcpt(`nobody${number}@mail.lab.test`);
      await session.data('Subject: \u001B[2Jspam\n\nspam\n');
    }
    await lab.run('sendmail', ['-f', 'shop@mail.lab.test', 'buyer@buyer.example'], {
      stdin: 'Subject: x\n\nx\n',
    });
  });
  afterAll(async () => {
    way?.close();
    if (folder) await rm(folder, { recursive: true });
    await lab?.close();
  });
  const login = (): string[] => [
    '-i',
    join(folder, 'key'),
    '--known-hosts',
    join(folder, 'known_hosts'),
    '--no-ssh-config',
  ];
  const postern = (command: string, ...args: string[]): Promise<Ran> =>
    run(['queue', command, target, ...args, ...login()]);
  const json = async (command: string, ...args: string[]): Promise<Record<string, unknown>> =>
    JSON.parse((await postern(command, ...args, '--json')).out) as Record<string, unknown>;

  it('summarises', async () => {
    await expect
      .poll(async () => (await json('summary'))['byQueue'], { timeout: 30_000 })
      .toEqual({ deferred: 26 });
    expect(await json('summary')).toMatchObject({
      total: 26,
      bySender: { 'MAILER-DAEMON': 25, 'shop@mail.lab.test': 1 },
      byRecipientDomain: { 'forged.example': 25, 'buyer.example': 1 },
      byReason: { 'deferred transport': 26 },
    });
    const svg = join(folder, 'ages.svg');
    const { out, code } = await postern('summary', '--svg', svg);
    expect(code).toBe(0);
    expect(out).toMatch(/TOTAL +26/);
    expect(out).toMatch(/forged\.example +25/);
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg[^]*<\/svg>\n$/);
  });

  it('lists what is selected', async () => {
    const { out } = await postern('list', '--sender', 'shop@mail.lab.test', '--json');
    expect(JSON.parse(out)).toMatchObject([{ queue: 'deferred', sender: 'shop@mail.lab.test' }]);
    expect((await postern('list', '--queue', 'hold')).out).toBe('');
    expect((await postern('list', '--older-than', 'soon')).code).toBe(2);
    expect((await postern('list', '--id', '$(id)')).err).toContain('is no queue id');
  });

  it('counts, asks, acts, and undoes', async () => {
    expect(await postern('hold', '--null-sender')).toMatchObject({
      code: 2,
      err: expect.stringContaining('say --yes'),
    });
    expect(await json('hold', '--null-sender')).toMatchObject({ dryRun: true, count: 25 });
    const held = await postern('hold', '--null-sender', '--yes');
    expect(held).toMatchObject({ code: 0, out: expect.stringContaining('Held: 25 of 25 messages') });
    expect(await json('summary')).toMatchObject({ byQueue: { hold: 25, deferred: 1 } });
    expect(await postern('undo', '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Released: 25 of 25'),
    });
    expect(await json('summary')).toMatchObject({ byQueue: { deferred: 26 } });
    expect(await postern('delete', '--yes')).toMatchObject({
      code: 2,
      err: expect.stringContaining('say --all'),
    });
    expect((await postern('history')).out).toContain('undone  hold: 25 of 25');
  });

  it('sorts, holds, and deletes only on a second word', async () => {
    const { out, code } = await postern('triage');
    expect(code).toBe(1);
    expect(out).toContain('25 backscatter');
    expect(out).toContain('take out local_recipient_maps');
    // oxlint-disable-next-line no-control-regex -- none may be left
    expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    const held = (await json('triage', '--hold', '--yes'))['held'] as { id: string; done: number };
    expect(held.done).toBe(25);
    expect(await postern('delete', '--held', held.id, '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Deleted: 25 of 25'),
    });
    expect(await json('summary')).toMatchObject({ total: 1 });
    expect(await postern('undo', '--yes')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Put back: 25 of 25'),
    });
  });

  it('follows a message to its fate', async () => {
    const ran = await run(['queue', 'trace', target, 'victim3@forged.example', ...login()]);
    expect(ran.out).toContain('nobody3@mail.lab.test: refused for good');
    expect(ran.out).toContain('Its sender was told so in message');
    expect(await run(['queue', 'trace', '/etc/postfix', 'x', ...login()])).toMatchObject({ code: 2 });
  });
});
