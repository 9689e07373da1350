import { mkdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Daemon } from '../daemon.ts';
import type { Lab } from '../lab/lab.ts';
import { findProgram } from '../requirements.ts';

export interface SshdOptions {
  /** 22 by default. */
  readonly port?: number;
  /** The types of its host keys; ed25519 alone by default. */
  readonly hostKeys?: readonly ('ed25519' | 'ecdsa' | 'rsa')[];
  /** Further lines for sshd_config, before everything else: sshd takes the first of each. */
  readonly config?: string;
  /** The user's password, hashed into /etc/shadow. Nobody has one by default. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** What sudo lets the user `deploy` do; everything without a password by default. */
  readonly sudoers?: string;
}

/** A running sshd with two users whom one key lets in: `root`, and `deploy`, who may use sudo. */
export interface Sshd extends AsyncDisposable {
  readonly port: number;
  /** The private key that lets both users in, in OpenSSH's form. */
  readonly key: string;
  /** Its public keys as known_hosts has them after the name: `ssh-ed25519 AAAA…`. */
  readonly hostKeys: readonly string[];
  /** A connection to it, as an SSH client takes one. */
  readonly socket: () => Promise<Socket>;
  readonly daemon: Daemon;
  stop(): Promise<void>;
}

/** Starts sshd in a lab (`describeWith(['root', 'namespaces', 'sshd', 'sudo'], …)`). */
export async function startSshd(lab: Lab, options: SshdOptions = {}): Promise<Sshd> {
  const { port = 22, hostKeys = ['ed25519'], config = '', passwords = {} } = options;
  const folder = `/run/postern-sshd-${port}`;
  mkdirSync(lab.path(folder), { mode: 0o755, recursive: true });
  const generate = async (type: string, name: string): Promise<string> => {
    const args = ['-q', '-t', type, '-N', '', '-C', '', '-f', `${folder}/${name}`];
    const { status, stderr } = await lab.run('ssh-keygen', args);
    if (status !== 0) throw new Error(`ssh-keygen: ${stderr}`);
    return lab.read(`${folder}/${name}.pub`).trim();
  };
  const publicKeys = await Promise.all(hostKeys.map((type) => generate(type, `host_${type}`)));
  const own = await generate('ed25519', 'client');
  await addUsers(lab, own, passwords, options.sudoers ?? 'deploy ALL=(ALL) NOPASSWD: ALL');
  const settings = [
    config,
    `Port ${port}`,
    'ListenAddress 0.0.0.0',
    ...hostKeys.map((type) => `HostKey ${folder}/host_${type}`),
    'PermitRootLogin yes',
    'PasswordAuthentication yes',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'StrictModes no',
    `PidFile ${folder}/pid`,
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
  ];
  lab.write(`${folder}/config`, `${settings.join('\n')}\n`);
  const daemon = await lab.startDaemon(
    findProgram('sshd') ?? 'sshd',
    ['-D', '-e', '-f', `${folder}/config`],
    {
      ready: (output) => output.includes('Server listening'),
    },
  );
  return {
    port,
    key: lab.read(`${folder}/client`),
    hostKeys: publicKeys,
    socket: async () => {
      const socket = await lab.connect({ port });
      socket.setNoDelay(true);
      return socket;
    },
    daemon,
    stop: () => daemon.stop(),
    [Symbol.asyncDispose]: () => daemon.stop(),
  };
}

async function addUsers(
  lab: Lab,
  publicKey: string,
  passwords: Readonly<Record<string, string>>,
  sudoers: string,
): Promise<void> {
  const script = `
    set -e
    exec 9>/run/deploy.lock; flock 9 # servers of one lab are made at the same time
    id deploy >/dev/null 2>&1 || useradd -p '*' -m -s /bin/bash deploy
    for home in /root /home/deploy; do mkdir -p $home/.ssh; printf '%s\\n' "$1" >>$home/.ssh/authorized_keys; done
    rm -f /root/.bash_profile /root/.bash_login
    for home in /root /home/deploy; do cp /etc/skel/.bashrc /etc/skel/.profile $home/; done
    chown -R deploy: /home/deploy
    mkdir -p /etc/sudoers.d
    printf '%s\\n' "$2" >/etc/sudoers.d/deploy; chmod 440 /etc/sudoers.d/deploy
    shift 2
    for entry; do printf '%s\\n' "$entry"; done | chpasswd -c SHA256
  `;
  const pairs = Object.entries(passwords).map(([user, password]) => `${user}:${password}`);
  const { status, stderr } = await lab.run('sh', ['-c', script, 'sh', publicKey, sudoers, ...pairs]);
  if (status !== 0) throw new Error(`the users for sshd: ${stderr}`);
}
