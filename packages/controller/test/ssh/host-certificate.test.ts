import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, startLab, startSshd, type Lab, type Sshd } from '@postern/testbed';
import { parseHostCertificate } from '../../src/ssh/host-certificate.ts';
import { connectSsh, type SshOptions } from '../../src/ssh/connect.ts';
import { clientFor } from './open.ts';

const folderOnHost = '/run/postern-sshd-2200';
const hostTypes = ['ed25519', 'ecdsa', 'rsa'] as const;

describeWith(['root', 'namespaces', 'sshd', 'ssh-keygen', 'sudo'], 'a host with a certificate', () => {
  let lab: Lab;
  let sshd: Sshd;
  let client: Awaited<ReturnType<typeof clientFor>>;
  let folder: string;
  beforeAll(async () => {
    lab = await startLab();
    sshd = await startSshd(lab, {
      port: 2200,
      hostKeys: hostTypes,
      config: hostTypes.map((type) => `HostCertificate ${folderOnHost}/host_${type}-cert.pub`).join('\n'),
    });
    client = await clientFor(sshd);
    folder = mkdtempSync(join(tmpdir(), 'postern-ca-'));
    for (const type of hostTypes) keygen('-q', '-t', type, '-N', '', '-f', join(folder, `ca_${type}`));
    keygen('-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'ca_other'));
  });
  afterAll(async () => {
    if (folder) rmSync(folder, { recursive: true });
    await client?.[Symbol.asyncDispose]();
    await lab?.close();
  });
  function keygen(...args: string[]): void {
    const { status, stderr } = spawnSync('ssh-keygen', args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
  const authority = (name: string): string => readFileSync(join(folder, `ca_${name}.pub`), 'utf8').trim();
  /** Gives the host new certificates, and lets its sshd read them. */
  async function certify(
    types: readonly (typeof hostTypes)[number][],
    by: string,
    ...more: string[]
  ): Promise<void> {
    await lab.run('sh', ['-c', `rm -f ${folderOnHost}/*-cert.pub`]);
    for (const type of types) {
      const key = join(folder, `host_${type}.pub`);
      writeFileSync(key, lab.read(`${folderOnHost}/host_${type}.pub`));
      keygen('-q', '-s', join(folder, `ca_${by}`), '-I', 'a test', ...more, key);
      lab.write(`${folderOnHost}/host_${type}-cert.pub`, readFileSync(join(folder, `host_${type}-cert.pub`)));
    }
    const before = sshd.daemon.output().length;
    await lab.run('sh', ['-c', `kill -HUP $(cat ${folderOnHost}/pid)`]);
    await expect
      .poll(() => sshd.daemon.output().slice(before), { timeout: 10_000 })
      .toContain('Server listening');
  }
  const valid = ['-h', '-n', 'mail.lab.test,other.lab.test', '-V', '-1h:+1h'];
  const known = (...lines: string[]): string[] => {
    const file = join(folder, 'known_hosts');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return [file];
  };
  const attempt = async (options: Partial<SshOptions>): Promise<string> => {
    try {
      await using host = await connectSsh({ ...client, ...options });
      return (await host.run(['echo', 'let in'])).stdout.toString().trim();
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  const trusted = (name: string): string[] => known(`@cert-authority [*.lab.test]:2200 ${authority(name)}`);

  it.each(hostTypes)('is let in by an authority with an %s key, for each type of host key', async (by) => {
    for (const type of hostTypes) {
      await certify([type], by, ...valid);
      expect(await attempt({ knownHosts: trusted(by) })).toBe('let in');
    }
  });

  it('is refused before a byte of ours when the certificate does not speak for it, with the reason', async () => {
    const cases: [name: string, by: string, args: string[], reason: RegExp][] = [
      ['another authority', 'other', valid, /signed by an authority that is not trusted/],
      [
        'another name',
        'ed25519',
        ['-h', '-n', 'elsewhere.lab.test', '-V', '-1h:+1h'],
        /is for elsewhere\.lab\.test, not for mail\.lab\.test/,
      ],
      ['no name', 'ed25519', ['-h', '-V', '-1h:+1h'], /is for no name at all/],
      ['expired', 'ed25519', ['-h', '-n', 'mail.lab.test', '-V', '-2h:-1h'], /has expired/],
      ['not yet', 'ed25519', ['-h', '-n', 'mail.lab.test', '-V', '+1h:+2h'], /is not valid yet/],
    ];
    for (const [, by, args, reason] of cases) {
      await certify(['ed25519'], by, ...args);
      const before = sshd.daemon.output().length;
      expect(await attempt({ knownHosts: trusted('ed25519') })).toMatch(reason);
      expect(sshd.daemon.output().slice(before)).not.toMatch(/Accepted|Failed|authenticating user/);
    }
  });

  it('is refused when it has none, when its authority is revoked, and when a new key would be accepted', async () => {
    await certify([], 'ed25519');
    expect(await attempt({ knownHosts: trusted('ed25519') })).toMatch(
      /^\[mail\.lab\.test\]:2200: only a certificate authority is known \(.*known_hosts:1\), and it shows no certificate\. It shows \S+ SHA256:/,
    );
    expect(await attempt({ knownHosts: trusted('ed25519'), acceptNew: true })).toMatch(
      /it shows no certificate/,
    );
    await certify(['ed25519'], 'ed25519', ...valid);
    const line = `[*.lab.test]:2200 ${authority('ed25519')}`;
    expect(await attempt({ knownHosts: known(`@cert-authority ${line}`, `@revoked ${line}`) })).toMatch(
      /only a certificate authority is known/,
    );
  });

  it('is not believed when a byte of its certificate is different', async () => {
    await certify(['ed25519'], 'rsa', ...valid);
    const blob = Buffer.from(lab.read(`${folderOnHost}/host_ed25519-cert.pub`).split(' ')[1]!, 'base64');
    const { certificateProblem } = await import('../../src/ssh/host-certificate.ts');
    const { parseKnownHosts } = await import('../../src/ssh/known-hosts.ts');
    const authorities = parseKnownHosts(`@cert-authority * ${authority('rsa')}`, 'known_hosts');
    expect(certificateProblem(parseHostCertificate(blob)!, 'mail.lab.test', authorities)).toBeUndefined();
    for (let at = 0; at < blob.length; at++) {
      const changed = Buffer.from(blob);
      changed[at] = changed[at]! ^ 1;
      const parsed = parseHostCertificate(changed);
      const verdict = parsed ? certificateProblem(parsed, 'mail.lab.test', authorities) : 'no certificate';
      expect({ at, verdict }).not.toEqual({ at, verdict: undefined });
    }
    for (let length = 0; length < blob.length; length++)
      expect(parseHostCertificate(blob.subarray(0, length))).toBeUndefined();
  });
});
