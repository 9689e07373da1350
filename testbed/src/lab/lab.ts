import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childOf, startDaemon, type StartDaemon } from '../daemon.ts';
import { environment } from '../requirements.ts';
import { firstLine } from './first-line.ts';

export interface LabOptions {
  /** Its own name (`mail.lab.test`). */
  readonly hostname?: string;
  /** Addresses of its interface, which Postfix takes for its own. Clients may come from any other. */
  readonly addresses?: readonly string[];
}

/** What a program that ended has said. */
export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  /** After how many ms it is killed (30 000). */
  readonly timeout?: number;
}

export interface WriteOptions {
  readonly mode?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** How old the file shall look, in seconds (0). */
  readonly age?: number;
}

/**
 * A machine of the test's own on this machine: its own network, processes, name, /etc, /var, /home and /root.
 * What is there already is seen; what is written is private and gone with the lab. Every address there is leads back
 * into it, so that clients come from wherever they like and nothing leaves it.
 */
export interface Lab extends AsyncDisposable {
  readonly hostname: string;
  readonly addresses: readonly string[];
  /** Runs a program to its end. Resolves for any exit status. */
  run(command: string, args?: readonly string[], options?: RunOptions): Promise<Outcome>;
  readonly startDaemon: StartDaemon;
  /** Where a file of the lab is for this process. Absolute links in the path lead out of the lab: give /run, not /var/run. */
  path(path: string): string;
  read(path: string): string;
  write(path: string, content: string | Uint8Array, options?: WriteOptions): void;
  /**
   * Opens a TCP connection inside the lab.
   *
   * @param from  the client's address, any there is; of the lab's choice when left out
   * @throws Error with the `code` of the failure (ECONNREFUSED) when nobody answers
   */
  connect(connection: { from?: string; to?: string; port: number }): Promise<Socket>;
  close(): Promise<void>;
}

const init = fileURLToPath(new URL('./init.sh', import.meta.url));
const relay = fileURLToPath(new URL('./relay.ts', import.meta.url));
const syslog = fileURLToPath(new URL('./syslog.pl', import.meta.url));
const ownNamespaces = [
  '--net',
  '--mount',
  '--uts',
  '--ipc',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

/** Builds a lab (root and Linux namespaces are needed: `describeWith(['root', 'namespaces'], …)`). */
export async function startLab({
  hostname = 'mail.lab.test',
  addresses = [],
}: LabOptions = {}): Promise<Lab> {
  const child = spawn(
    'unshare',
    [...ownNamespaces, 'sh', init, process.execPath, relay, syslog, hostname, ...addresses],
    { env: environment, stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const gone = once(child, 'exit');
  let complaint = '';
  child.stderr.on('data', (data) => (complaint += String(data)));
  const ready = await Promise.race([once(child.stdout, 'data').then(() => true), gone.then(() => false)]);
  if (!ready) throw new Error(`the lab did not come up: ${complaint}`);
  const pid = child.pid!;
  const root = `/proc/${pid}/root`;
  const enter = [
    `--target=${pid}`,
    '--net',
    '--mount',
    '--uts',
    '--ipc',
    `--pid=/proc/${pid}/ns/pid_for_children`,
    '--',
  ];

  const lab: Lab = {
    hostname,
    addresses,
    async run(command, args = [], { stdin, env, timeout = 30_000 } = {}) {
      const run = spawn('nsenter', [...enter, command, ...args], {
        env: { ...environment, ...env },
      });
      // nsenter waits for the program, which would live on and keep its output open.
      const limit = setTimeout(() => {
        const program = childOf(run.pid);
        if (program !== undefined) process.kill(program, 'SIGKILL');
        run.kill('SIGKILL');
      }, timeout);
      const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
      run.stdout.on('data', (data: Buffer) => output.stdout.push(data));
      run.stderr.on('data', (data: Buffer) => output.stderr.push(data));
      run.stdin.on('error', () => {}); // a program may end without reading all of it
      run.stdin.end(stdin);
      const [status, signal] = (await once(run, 'close').finally(() => clearTimeout(limit))) as [
        number | null,
        string | null,
      ];
      if (status === null)
        throw new Error(`${command} ${args.join(' ')} was killed by ${signal} (after ${timeout} ms?)`);
      return {
        status,
        stdout: String(Buffer.concat(output.stdout)),
        stderr: String(Buffer.concat(output.stderr)),
      };
    },
    startDaemon: (command, args, options) =>
      startDaemon('nsenter', [...enter, command, ...args], { ...options, wrapped: true }),
    path: (path) => root + path,
    read: (path) => readFileSync(root + path, 'utf8'),
    write(path, content, { mode, owner, age } = {}) {
      mkdirSync(dirname(root + path), { recursive: true });
      writeFileSync(root + path, content);
      if (mode !== undefined) chmodSync(root + path, mode);
      if (owner) chownSync(root + path, owner.uid, owner.gid);
      if (age) utimesSync(root + path, Date.now() / 1000 - age, Date.now() / 1000 - age);
    },
    async connect({ from = '-', to = '127.0.0.1', port }) {
      const socket = connect({ path: `${root}/run/.lab/relay`, allowHalfOpen: true });
      socket.write(`${from} ${to} ${port}\n`);
      const [answer, code] = (await firstLine(socket)).split(' ');
      if (answer !== 'ok') throw Object.assign(new Error(`connect to ${to} port ${port}: ${code}`), { code });
      return socket;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.stdin.end();
      const kill = setTimeout(() => child.kill('SIGKILL'), 2000);
      await gone;
      clearTimeout(kill);
    },
    [Symbol.asyncDispose]: () => lab.close(),
  };
  return lab;
}
