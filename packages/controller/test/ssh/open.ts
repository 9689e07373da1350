import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sshd } from '@postern/testbed';
import type { SshOptions } from '../../src/ssh/connect.ts';

/** What a client on the right side of a test needs to log in: a known_hosts file and the key, no files of this user's. */
export async function clientFor(
  sshd: Sshd,
  host = 'mail.lab.test',
): Promise<SshOptions & AsyncDisposable & { folder: string; knownHosts: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'postern-ssh-'));
  const knownHosts = [join(folder, 'known_hosts')];
  const name = sshd.port === 22 ? host : `[${host}]:${sshd.port}`;
  await writeFile(knownHosts[0]!, sshd.hostKeys.map((key) => `${name} ${key}\n`).join(''));
  return {
    host,
    user: 'root',
    port: sshd.port,
    configFile: false,
    knownHosts,
    agent: false,
    identities: [{ key: sshd.key }],
    socket: () => sshd.socket(),
    folder,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
