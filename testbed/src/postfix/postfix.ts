import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstLine } from '../lab/first-line.ts';
import type { Lab } from '../lab/lab.ts';
import { readMailboxes, type DeliveredMail } from './mailboxes.ts';
import { queueSettled } from './queue.ts';
import { saslUsers } from './sasl-users.ts';

export interface PostfixHost {
  /** /etc/postfix/main.cf, word for word. */
  readonly main: string;
  /** /etc/postfix/master.cf, word for word; Debian's own when left out. */
  readonly master?: string;
  /** Other files by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Lookup tables to be built from those files: `hash:/etc/postfix/virtual`; alias files are known by their name. */
  readonly tables?: readonly string[];
  /** Users of the system, each with a mailbox. */
  readonly users?: readonly string[];
  /** Passwords for AUTH by `user@realm`, in Cyrus SASL's own database. */
  readonly passwords?: Readonly<Record<string, string>>;
  /** The port that must greet before it counts as started (25); false for a host that does not listen. */
  readonly greets?: number | false;
}

/** A running Postfix. */
export interface Postfix extends AsyncDisposable {
  /** What it has logged so far. */
  log(): string;
  /** What it has logged so far, with what was still on its way to the file: all that belongs to answers already given. */
  settledLog(): Promise<string>;
  /** The lines of the log in which Postfix warns or gives up. */
  complaints(): string[];
  /** `postconf` with these arguments, as name and value. */
  postconf(...args: string[]): Promise<Map<string, string>>;
  /** What has been delivered to mailboxes, once nothing is on its way any more. */
  deliveredMail(): Promise<DeliveredMail[]>;
  /** Puts other files in place, where some are given, and has Postfix read its configuration again. */
  reload(files?: Partial<Pick<PostfixHost, 'main' | 'master' | 'files' | 'tables'>>): Promise<void>;
  stop(): Promise<void>;
}

/** Postfix would not start, or would not greet. */
export class PostfixDidNotStart extends Error {
  override readonly name = 'PostfixDidNotStart';
  /** The line in which it says why. */
  readonly why: string;
  /** Everything that it printed and logged. */
  readonly log: string;

  constructor(log: string) {
    const why = /^.*\b(?:fatal|panic): .*$/m.exec(log)?.[0] ?? log.trim().split('\n').at(-1) ?? '';
    super(`Postfix did not start: ${why}`);
    this.why = why.replace(/^.*?\b(fatal|panic): /, '$1: ');
    this.log = log;
  }
}

/**
 * Postfix's programs wait in steps of 300 ms for a main.cf that was modified just now to become older,
 * for somebody might still be writing it. Files that look an hour old are read at once.
 */
const settledAge = 3600;

/** What Debian's postfix@.service runs: fill the chroot, then start. */
const startCommands: readonly [string, ...string[]][] = [
  ['/usr/lib/postfix/configure-instance.sh', '-'],
  ['postfix', 'start'],
];

/**
 * Starts Postfix in a lab as Debian's service does.
 *
 * @throws PostfixDidNotStart with the log and the reason
 */
export async function startPostfix(lab: Lab, host: PostfixHost): Promise<Postfix> {
  await install(lab, host);
  const earlier = readLog(lab).length;
  const log = (): string => readLog(lab).slice(earlier);
  for (const [command, ...args] of startCommands) {
    const { status, stdout, stderr } = await lab.run(command, args);
    if (status !== 0) throw new PostfixDidNotStart(stdout + stderr + log());
  }

  const stop = async (): Promise<void> => void (await lab.run('postfix', ['stop']));
  if (host.greets !== false && !(await greets(lab, host.greets ?? 25, log))) {
    await stop();
    throw new PostfixDidNotStart(log());
  }
  return {
    log,
    async settledLog() {
      // A line of our own travels the same way as Postfix's, behind them.
      const mark = `settled-${randomUUID()}`;
      await lab.run('postlog', ['-t', 'testbed', mark]);
      for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(10)) {
        if (log().includes(mark)) return log();
      }
      throw new Error(`The log has not come to its end within 15 s: ${log().slice(-2000)}`);
    },
    complaints: () =>
      log()
        .split('\n')
        .filter((line) => /warning|error|fatal|panic/.test(line)),
    async postconf(...args) {
      const { stdout } = await lab.run('postconf', args);
      const lines = stdout.split('\n').filter((line) => line.includes(' ='));
      return new Map(
        lines.map((line) => [
          line.slice(0, line.indexOf(' =')),
          line.slice(line.indexOf(' =') + 2).trimStart(),
        ]),
      );
    },
    async deliveredMail() {
      await queueSettled(lab);
      return readMailboxes(lab);
    },
    async reload(files = {}) {
      await putFiles(lab, files);
      await lab.run('postfix', ['reload']);
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function install(lab: Lab, { users = [], passwords = {}, ...files }: PostfixHost): Promise<void> {
  for (const [index, user] of users.entries()) {
    const id = 20_000 + index;
    lab.write('/etc/passwd', `${lab.read('/etc/passwd')}${user}:x:${id}:${id}::/home/${user}:/bin/sh\n`);
  }
  await putFiles(lab, { master: readFileSync('/usr/share/postfix/master.cf.dist', 'utf8'), ...files });
  await saslUsers(lab, passwords);
}

async function putFiles(
  lab: Lab,
  { main, master, files = {}, tables = [] }: Partial<PostfixHost>,
): Promise<void> {
  const all = { ...files, '/etc/postfix/main.cf': main, '/etc/postfix/master.cf': master };
  for (const [path, content] of Object.entries(all)) {
    if (content !== undefined) lab.write(path, content, { age: settledAge });
  }
  for (const table of tables) {
    const { status, stderr } = await lab.run(table.includes('alias') ? 'postalias' : 'postmap', [table]);
    if (status !== 0) throw new PostfixDidNotStart(`${table} could not be built\n${stderr}`);
  }
}

function readLog(lab: Lab): string {
  const file = lab.path('/var/log/mail.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** Whether a port greets within fifteen seconds; false at once when the log says that its service dies. */
async function greets(lab: Lab, port: number, log: () => string): Promise<boolean> {
  const addresses = ['127.0.0.1', ...lab.addresses];
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20)) {
    for (const to of addresses) {
      if (await greetsAt(lab, to, port)) return true;
    }
    if (log().includes('throttling')) return false;
  }
  return false;
}

/** Whether a greeting begins within a second; postscreen may take longer to end it. */
async function greetsAt(lab: Lab, to: string, port: number): Promise<boolean> {
  try {
    const socket = await lab.connect({ to, port });
    const line = await Promise.race([firstLine(socket), sleep(1000, '')]).finally(() => socket.destroy());
    return line.startsWith('220');
  } catch {
    return false; // nobody there yet, or nobody that lives long enough to greet
  }
}
