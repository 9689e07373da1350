import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { postfixHost, type Host, type PostfixHost } from '@postern/controller';

/** One kind of mail in the recorded queue. The digit ends its queue ids; bin/postcat makes the message from it. */
interface Kind {
  readonly digit: string;
  readonly count: number;
  readonly sender: string;
  readonly recipient: (number: number) => string;
  readonly reason: (number: number) => string;
}

const timedOut = (host: string): string => `connect to ${host}[192.0.2.80]:25: Connection timed out`;

/** Fifty thousand messages, as a host has them that takes mail for anybody at its domain. */
const kinds: readonly Kind[] = [
  {
    // Bounces of spam for users that are not there.
    digit: '1',
    count: 30_000,
    sender: 'MAILER-DAEMON',
    recipient: (number) => `victim${number}@forged${number % 40}.example`,
    reason: (number) => timedOut(`mx.forged${number % 40}.example`),
  },
  {
    // Bounces of what programs of the host sent.
    digit: '2',
    count: 2_000,
    sender: 'MAILER-DAEMON',
    recipient: (number) => `orders${number}@partner.example`,
    reason: () => 'host mx.partner.example[192.0.2.81] said: 451 4.7.1 Greylisted, please try again later',
  },
  {
    // Automatic replies of users.
    digit: '3',
    count: 1_000,
    sender: 'MAILER-DAEMON',
    recipient: (number) => `friend${number}@friends.example`,
    reason: () => 'host mx.friends.example[192.0.2.82] said: 452 4.2.2 Mailbox full',
  },
  {
    // What somebody sends who has the password of info.
    digit: 'A',
    count: 9_000,
    sender: 'info@yourdomain.no',
    recipient: (number) => `someone${number}@list${number % 700}.example`,
    reason: () => 'host mx.list.example[192.0.2.83] said: 421 4.7.0 Too many messages from your address',
  },
  {
    // Mail for a customer whose server is down.
    digit: 'B',
    count: 8_000,
    sender: 'orders@yourdomain.no',
    recipient: (number) => `desk${number % 90}@bigcustomer.example`,
    reason: () => timedOut('mx.bigcustomer.example'),
  },
];

/**
 * The example host on the day of its melt-down: `postconf`, `postqueue` and `postcat` are programs that say what was
 * recorded, and everything else on it is this machine's. Nothing runs as root, and nothing is written.
 */
export async function recordedQueue(folder: string): Promise<PostfixHost> {
  const work = await mkdtemp(join(tmpdir(), 'postern-queue-'));
  const listing = join(work, 'listing');
  await writeFile(listing, listQueue(Math.floor(Date.now() / 1000)));
  const env = {
    ...process.env,
    PATH: [join(folder, 'bin'), process.env['PATH'] ?? '', '/usr/bin', '/bin'].join(delimiter),
    RECORDED_QUEUE: listing,
  };
  const close = (): Promise<void> => rm(work, { recursive: true, force: true });
  const machine: Host = {
    name: 'mail.yourdomain.no',
    async run(command, { stdin = '', signal, onOutput, passOn } = {}) {
      const words =
        'script' in command ? ['sh', '-c', command.script, 'sh', ...(command.args ?? [])] : command;
      const [program = 'sh', ...args] = words;
      const child = spawn(program, args, { env, ...(signal && { signal }) });
      const kept: Buffer[] = [];
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => {
        onOutput?.(chunk);
        if (!passOn) kept.push(chunk);
      });
      child.stderr.on('data', (chunk: Buffer) => (stderr += String(chunk)));
      // A script that reads no input is no failure.
      child.stdin.on('error', () => undefined).end(stdin);
      const [status] = (await once(child, 'close')) as [number | null];
      return { status: status ?? 143, stdout: Buffer.concat(kept), stderr };
    },
    readFile: () => Promise.resolve(undefined),
    writeFile: () => Promise.reject(new Error('a recorded host is only read')),
    close,
    [Symbol.asyncDispose]: close,
  };
  return postfixHost(machine);
}

/** The listing as `postqueue -j` prints it: the same messages each time, of the day that ends now. */
function listQueue(now: number): string {
  const lines: string[] = [];
  let seed = 20_111_123;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (const { digit, count, sender, recipient, reason } of kinds) {
    for (let number = 0; number < count; number++) {
      const inode = (lines.length + 0x40_000).toString(16).toUpperCase();
      const microseconds = random(0xf_ffff).toString(16).toUpperCase().padStart(5, '0');
      // More of it is young than old, as when a flood rises.
      const age = Math.floor((random(1000) / 1000) ** 2 * 90_000) + 60;
      const message = {
        queue_name: number % 25 === 0 ? 'active' : 'deferred',
        queue_id: `${microseconds}${inode}${digit}`,
        arrival_time: now - age,
        message_size: 1500 + random(6000),
        forced_expire: false,
        sender,
        recipients: [{ address: recipient(number), delay_reason: reason(number) }],
      };
      lines.push(JSON.stringify(message));
    }
  }
  return `${lines.join('\n')}\n`;
}
