import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, smtp, startLab, startPostfix, type Lab } from '@postern/testbed';

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

describeWith(['root', 'namespaces', 'postfix'], 'the queue triage example', () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await startLab({ addresses: ['203.0.113.25'] });
    await startPostfix(lab, { main });
    await using session = await smtp(lab, { from: '198.51.100.7', to: '203.0.113.25' });
    await session.ehlo('spam.example');
    for (let number = 0; number < 25; number++) {
      await session.mail(`victim${number}@forged.example`);
      await session.rcpt(`nobody${number}@mail.lab.test`);
      await session.data('Subject: spam\n\nspam\n');
    }
    await lab.run('sendmail', ['-f', 'shop@mail.lab.test', 'buyer@buyer.example'], {
      stdin: 'Subject: order\n\norder\n',
    });
  });
  afterAll(() => lab?.close());

  it('says what fills the queue, and holds the backscatter alone', async () => {
    const script = join(import.meta.dirname, '../src/main.ts');
    const run = (...flags: string[]): ReturnType<Lab['run']> =>
      lab.run(process.execPath, ['--conditions=@postern/source', script, 'local', ...flags]);
    const queued = async (): Promise<string> => (await lab.run('postqueue', ['-p'])).stdout;
    await expect.poll(queued, { timeout: 30_000 }).toContain('in 26 Requests');
    const { stdout, status } = await run();
    expect(status).toBe(0);
    expect(stdout).toContain('26 messages: 25 backscatter, 1 legitimate');
    expect(stdout).toContain('remove-parameter: A recipient that is not there is refused');
    expect((await run('--hold')).stdout).toContain('held 25; ');
    expect(
      (await lab.run('find', ['/var/spool/postfix/hold', '-type', 'f'])).stdout.split('\n'),
    ).toHaveLength(26);
  });
});
