import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '@postern/testbed';

/** Real machines in namespaces, each with an sshd and a Postfix, and a network that only they and `enter` are in. */
export interface RealHosts extends AsyncDisposable {
  readonly folder: string;
  /** An Ansible inventory of them: h1, h2 … */
  readonly inventory: string;
  /** The words before a command that make it run in their network. */
  readonly enter: readonly string[];
  /** A file of host i as it is there; undefined where there is none. */
  read(host: number, path: string): string | undefined;
  /** The words before a command that make it run on host i. */
  on(host: number): readonly string[];
}

/** Builds so many hosts, in a few seconds. Needs root and namespaces, sshd and Postfix. */
export async function startRealHosts(count: number): Promise<RealHosts> {
  const files = scratch();
  const lab = spawn(
    'unshare',
    [
      '-n',
      '-m',
      '-p',
      '-f',
      '--kill-child',
      '--mount-proc',
      'bash',
      join(import.meta.dirname, 'hosts.sh'),
      files.folder,
      String(count),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const gone = once(lab, 'exit');
  let complaint = '';
  lab.stderr.on('data', (data) => (complaint += String(data)));
  const isReady = await Promise.race([once(lab.stdout, 'data').then(() => true), gone.then(() => false)]);
  if (!isReady) throw new Error(`the hosts did not come up: ${complaint}`);
  const names = Array.from({ length: count }, (_, index) => index + 1);
  const base = `/proc/${lab.pid}/root${files.folder}/fs`;
  const enter = ['nsenter', `--target=${lab.pid}`, '--net', '--'];
  return {
    folder: files.folder,
    inventory: files.write(
      'hosts.ini',
      `[mx]\n${names.map((i) => `h${i} ansible_host=10.99.0.${10 + i}\n`).join('')}` +
        '[mx:vars]\nansible_user=root\nansible_ssh_private_key_file=' +
        `${files.folder}/key\n` +
        'ansible_python_interpreter=/usr/bin/python3\n' +
        `ansible_ssh_common_args=-o UserKnownHostsFile=${files.folder}/known_hosts\n`,
    ),
    enter,
    read(host, path) {
      const file = `${base}/h${host}/root${path}`;
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    },
    on: (host) => [
      ...enter.slice(0, 2),
      '--net',
      '--mount',
      '--',
      'chroot',
      `${files.folder}/fs/h${host}/root`,
    ],
    async [Symbol.asyncDispose]() {
      lab.stdin.end();
      const kill = setTimeout(() => lab.kill('SIGKILL'), 3000);
      await gone;
      clearTimeout(kill);
      files[Symbol.dispose]();
    },
  };
}
