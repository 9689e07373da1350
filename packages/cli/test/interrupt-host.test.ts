import { existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import { startLabHost, type LabHost } from './lab-host.ts';
import { startCommand } from './real-command.ts';
import { run, type Ran } from './run.ts';

const main = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = mail.lab.test
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
defer_transports = smtp
maillog_file = /var/log/mail.log
`;
describeWith(['root', 'namespaces', 'sshd', 'postfix'], 'Ctrl-C while a host is at work', () => {
  let host: LabHost;
  beforeAll(async () => {
    host = await startLabHost({ main });
    await host.lab.run('sh', [
      '-c',
      'for n in 1 2 3 4 5 6; do echo hello | sendmail -f shop@mail.lab.test buyer$n@buyer.example; done',
    ]);
    for (const program of ['postsuper', 'postfix']) await makeSlow(program);
  });
  afterAll(() => host?.[Symbol.asyncDispose]());

  const postern = (...words: string[]): Promise<Ran> => run([...words, ...host.login], { cwd: host.folder });
  const inLab = (path: string): string => host.lab.path(path);

  /** Has a program of Postfix say that it was called, and wait, as long as the test wants. */
  async function makeSlow(program: string): Promise<void> {
    host.lab.write(
      `/run/slow-${program}`,
      `#!/bin/sh\nif [ -e /run/wait ]; then touch /run/at-work; fi\nn=0\nwhile [ -e /run/wait ] && [ $n -lt 300 ]; do sleep 0.1; n=$((n + 1)); done\nexec /run/${program} "$@"\n`,
      { mode: 0o755 },
    );
    await host.lab.run('sh', [
      '-ec',
      'cp "/usr/sbin/$1" "/run/$1"; mount --bind "/run/slow-$1" "/usr/sbin/$1"',
      'sh',
      program,
    ]);
  }
  /** Starts a command and presses Ctrl-C when the host is at work for it; then the host goes on. */
  async function interrupted(...words: string[]): Promise<{ code: number | null; out: string; err: string }> {
    host.lab.write('/run/wait', '');
    await using command = startCommand([...words, ...host.login], { cwd: host.folder });
    await expect.poll(() => existsSync(inLab('/run/at-work')), { timeout: 30_000 }).toBe(true);
    command.interrupt();
    // An apply goes to its end; what a queue was asked for is left to the next command.
    if (words[0] === 'queue') await command.ended();
    for (const name of ['wait', 'at-work']) rmSync(inLab(`/run/${name}`), { force: true });
    return await command.ended();
  }
  const queues = async (): Promise<unknown> =>
    (JSON.parse((await postern('queue', 'summary', host.target, '--json')).out) as { byQueue: unknown })
      .byQueue;

  it.each(['hold', 'delete'])(
    'queue %s says how far it came, and can be finished or undone',
    async (action) => {
      await expect.poll(queues, { timeout: 20_000 }).toEqual({ deferred: 6 });
      const words = ['queue', action, host.target, '--sender', 'shop@mail.lab.test', '--yes'];
      const first = await interrupted(...words);
      expect(first.code).toBe(3);
      const [, id, undo] =
        /stopped: \w+ (\S+) on .* had come to 0 of 6 messages.*Undo what was done: (.*)$/m.exec(first.err)!;
      expect(undo).toBe(`postern queue undo ${host.target} ${id}`);
      // The host may have come to the end of the batch by itself.
      expect(await postern('queue', 'resume', host.target)).toMatchObject({
        code: 0,
        out: expect.stringMatching(/6 of 6|Nothing was cut short/),
        err: '',
      });
      await expect.poll(queues).toEqual(action === 'hold' ? { hold: 6 } : {});
      expect((await postern('queue', 'undo', host.target, id!, '--yes')).code).toBe(0);

      const second = await interrupted(...words);
      const other = /stopped: \w+ (\S+) on/.exec(second.err)![1]!;
      expect((await postern('queue', 'undo', host.target, other, '--yes')).code).toBe(0);
      expect(await queues()).toEqual({ deferred: 6 });
      expect(await host.lab.run('postsuper', ['-s'])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    },
  );

  it('apply goes to its end, and says so', async () => {
    const ran = await interrupted(
      'apply',
      host.target,
      '--hostname',
      'mail.lab.test',
      '--no-block-lists',
      '--yes',
    );
    expect(ran).toMatchObject({ code: 0, out: expect.stringContaining('Applied and confirmed') });
    expect(host.lab.read('/etc/postfix/main.cf')).toContain('smtpd_data_restrictions');
    const { out } = await postern('status', host.target, '--json');
    expect(JSON.parse(out)).not.toHaveProperty('pending.id');
  });
});
