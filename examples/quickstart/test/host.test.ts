import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, startLab, startPostfix, startSshd, type Lab } from '@postern/testbed';

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

describeWith(['root', 'namespaces', 'sshd', 'sudo', 'postfix'], 'npm start -- ssh://root@host', () => {
  let lab: Lab;
  let way: Server;
  let home: string;
  let target: string;
  beforeAll(async () => {
    lab = await startLab();
    const sshd = await startSshd(lab);
    await startPostfix(lab, { main });
    // A port of this machine that leads to the sshd of the other.
    way = createServer((near) => {
      void sshd.socket().then((far) => {
        near.pipe(far).pipe(near);
        near.on('error', () => far.destroy());
        far.on('error', () => near.destroy());
      });
    }).listen(0, '127.0.0.1');
    await once(way, 'listening');
    const { port } = way.address() as AddressInfo;
    target = `ssh://root@127.0.0.1:${port}`;
    home = mkdtempSync(join(tmpdir(), 'quickstart-home-'));
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    writeFileSync(join(home, '.ssh/id_ed25519'), sshd.key, { mode: 0o600 });
    writeFileSync(join(home, '.ssh/known_hosts'), `[127.0.0.1]:${port} ${sshd.hostKeys[0]}\n`);
  });
  afterAll(async () => {
    way?.close();
    if (home) rmSync(home, { recursive: true });
    await lab?.close();
  });
  const start = async (...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> => {
    const program = join(import.meta.dirname, '../src/main.ts');
    const flags = ['--conditions=@postern/source', '--disable-warning=ExperimentalWarning'];
    const env = { ...process.env, HOME: home, SSH_AUTH_SOCK: '' };
    const child = spawn(process.execPath, [...flags, program, ...args], { env });
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number]>,
    ]);
    const copy = /^Apply: to a copy in (.*)$/m.exec(stdout)?.[1];
    if (copy) rmSync(join(copy, '..'), { recursive: true });
    return { status, stdout, stderr };
  };
  /** Every file of Postfix and of ours with its contents and times. */
  const state = async (): Promise<string> =>
    (
      await lab.run('sh', [
        '-c',
        'find /etc/postfix /var/lib/postern -type f -exec stat -c "%n %Y %Z" {} + -exec sha256sum {} + 2>/dev/null | sort',
      ])
    ).stdout;

  it('walks from the facts to the verified copy, touches nothing, and says how to go on', async () => {
    const before = await state();
    const { status, stdout, stderr } = await start(target);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const stations = stdout.match(/^(Facts|Findings|Plan|Apply|Verify): /gm);
    expect(stations).toEqual(['Facts: ', 'Findings: ', 'Plan: ', 'Apply: ', 'Verify: ']);
    expect(stdout).toContain(`Facts: what is so on ${target}`);
    expect(stdout).toMatch(/^Linux; Postfix runs \(process \d+\)$/m);
    expect(stdout).toMatch(/^Postfix 3\.7\.11; \d+ parameters set/m);
    expect(stdout).toContain('+smtpd_data_restrictions = reject_unauth_pipelining');
    expect(stdout).toMatch(/^second plan: empty$/m);
    expect(stdout).not.toMatch(/Input: /);
    expect(stdout).toContain(`${target} was not touched.\nTo go on: npx postern apply ${target} `);
    expect(await state()).toBe(before);
  });

  it('leaves the apply to the command that watches over it', async () => {
    const before = await state();
    const { status, stderr } = await start(target, '--apply');
    expect(status).toBe(3);
    expect(stderr).toContain(`npx postern apply ${target}`);
    expect(await state()).toBe(before);
  });

  it('refuses a host that it does not know', async () => {
    writeFileSync(join(home, '.ssh/known_hosts'), '');
    const { status, stderr } = await start(target);
    expect(status).toBe(3);
    expect(stderr).toMatch(/no host key is known, and it shows ssh-ed25519 SHA256:/);
  });
});
