import {
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  futimesSync,
  globSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type PostfixHost } from '@postern/controller';
import { smtp, startLab, startPostfix, startSshd, type Lab, type Postfix } from '@postern/testbed';
import { clientFor } from '../ssh/open.ts';

/**
 * A queue that has melted down, made by a real Postfix and then multiplied: each kind of mail comes in once by SMTP or
 * sendmail, is bounced, forwarded or put off by Postfix, and its queue file is then copied as often as wanted. Every
 * copy has another number in its addresses and, as Postfix would name it, an id of its time and its inode.
 */
const mainText = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = mail.lab.test, localhost
relay_domains = relayed.example
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1, 203.0.113.25
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = /var/log/mail.log
local_recipient_maps =
defer_transports = smtp, relay
minimal_backoff_time = 3600s
smtpd_peername_lookup = no
`;

export interface QueueStage extends AsyncDisposable {
  readonly lab: Lab;
  readonly postfix: Postfix;
  readonly host: PostfixHost;
  /** Another connection; the second can be cut. */
  open(): Promise<PostfixHost>;
  openCuttable(): Promise<{ host: PostfixHost; cut(): void }>;
  /** What is in the queue, straight from the disk: id and queue. */
  onDisk(): Map<string, string>;
}

export async function startQueueStage(extra = ''): Promise<QueueStage> {
  const lab = await startLab({ addresses: ['203.0.113.25'] });
  const sshd = await startSshd(lab);
  const client = await clientFor(sshd);
  const postfix = await startPostfix(lab, { main: mainText + extra, users: ['kari', 'ola'] });
  const open = (): Promise<PostfixHost> => connect(client);
  const host = await open();
  return {
    lab,
    postfix,
    host,
    open,
    async openCuttable() {
      let wire: Socket | undefined;
      const cuttable = await connect({ ...client, socket: async () => (wire = await sshd.socket()) });
      return { host: cuttable, cut: () => void wire?.destroy() };
    },
    onDisk: () =>
      new Map(
        globSync(`${lab.path('/var/spool/postfix')}/{incoming,active,deferred/*,hold}/*`)
          .filter((path) => /^[0-9A-Za-z]{6,}$/.test(basename(path)))
          .map((path) => [basename(path), /postfix\/(\w+)\//.exec(path)![1]!]),
      ),
    async [Symbol.asyncDispose]() {
      await host.close();
      await client[Symbol.asyncDispose]();
      await lab.close();
    },
  };
}

interface Envelope {
  readonly from: string;
  readonly to: string;
  /** Where the client is; a stranger by default. */
  readonly client?: string;
  readonly text?: string;
}

/** Brings one message in by SMTP. */
async function bring(
  lab: Lab,
  { from, to, client = '198.51.100.7', text = 'Subject: hello\n\nhello\n' }: Envelope,
): Promise<void> {
  await using session = await smtp(lab, {
    from: client,
    to: client.startsWith('127.') ? '127.0.0.1' : '203.0.113.25',
  });
  await session.ehlo('client.example.org');
  await session.mail(from);
  await session.rcpt(to);
  const reply = await session.data(text);
  if (reply.code !== 250) throw new Error(`${to}: ${reply.code} ${reply.lines.join(' ')}`);
}

/** Messages that were there before stay out of what is multiplied. */
async function multiply(
  { lab, onDisk }: QueueStage,
  make: () => Promise<unknown>,
  count: number,
): Promise<string[]> {
  const before = onDisk();
  await make();
  const template = await settled(lab, () => [...onDisk()].filter(([id]) => !before.has(id)));
  return copies(lab, template, count);
}

/** The one message that is new, once it is put off. */
async function settled(lab: Lab, look: () => [string, string][]): Promise<string> {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20)) {
    const found = look();
    if (found.length !== 1 || found[0]![1] !== 'deferred') continue;
    await sleep(50);
    if (look().length === 1) return found[0]![0];
  }
  throw new Error(
    `not one new message was put off: ${look().join(' ')}\n${lab.read('/var/log/mail.log').slice(-2000)}`,
  );
}

const mark = 'u00000';

function copies(lab: Lab, id: string, count: number): string[] {
  const root = lab.path('/var/spool/postfix');
  const path = `${root}/deferred/${id[0]}/${id}`;
  const log = `${root}/defer/${id[0]}/${id}`;
  const { uid, gid, atimeMs } = statSync(path);
  const message = marked(readFileSync(path));
  const reasons = existsSync(log) ? marked(readFileSync(log)) : undefined;
  const due = Date.now() / 1000 + 3600;
  const put = (target: string, bytes: Buffer, mode: number): number => {
    const file = openSync(target, 'w');
    writeSync(file, bytes);
    const { ino } = fstatSync(file);
    fchownSync(file, uid, gid);
    fchmodSync(file, mode);
    futimesSync(file, atimeMs / 1000, due);
    closeSync(file);
    return ino;
  };
  const ids = [id];
  for (let number = 1; number < count; number++) {
    const temporary = `${root}/deferred/new`;
    const inode = put(temporary, message(number), 0o700);
    const microseconds = Math.floor(Math.random() * 1_000_000);
    const name = `${microseconds.toString(16).padStart(5, '0')}${inode.toString(16)}`.toUpperCase();
    renameSync(temporary, place(root, 'deferred', name));
    if (reasons) put(place(root, 'defer', name), reasons(number), 0o600);
    ids.push(name);
  }
  return ids;
}

/** A text in which every mark can be given another number of the same length. */
function marked(bytes: Buffer): (number: number) => Buffer {
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) places.push(at);
  return (number) => {
    const copy = Buffer.from(bytes);
    const digits = `u${String(number).padStart(5, '0')}`;
    for (const at of places) copy.write(digits, at, 'latin1');
    return copy;
  };
}

/** Postfix makes the subfolders of a hashed queue as it needs them. */
function place(root: string, queue: string, name: string): string {
  const folder = `${root}/${queue}/${name[0]}`;
  if (!existsSync(folder)) {
    const { uid, gid } = statSync(`${root}/${queue}`);
    mkdirSync(folder, { mode: 0o700 });
    chownSync(folder, uid, gid);
  }
  return `${folder}/${name}`;
}

const bounceOf = (original: string): string => `From: MAILER-DAEMON@gateway.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; gateway.example

Final-Recipient: rfc822; nobody@gateway.example
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

${original}
--b--
`;

/** Each kind of mail that a stuck queue has, and how it gets there. */
export interface Kind {
  readonly name: string;
  readonly backscatter: boolean;
  readonly share: number;
  make(lab: Lab): Promise<unknown>;
}

const sendmail = (lab: Lab, ...args: string[]): Promise<unknown> =>
  lab.run('sendmail', args, { stdin: 'Subject: hello\n\nhello\n' });

export const kinds: readonly Kind[] = [
  {
    name: 'bounces of mail for users that are not there',
    backscatter: true,
    share: 0.3,
    make: (lab) => bring(lab, { from: 'victim-u00000@forged.example', to: 'nobody-u00000@mail.lab.test' }),
  },
  {
    name: 'bounces that a server behind relays, and whose text tries to pass for ours',
    backscatter: true,
    share: 0.1,
    make: (lab) =>
      bring(lab, {
        client: '127.0.0.1',
        from: '',
        to: 'victim-u00000@forged.example',
        text: bounceOf(`Received: from spam.example (spam.example [198.51.100.9])
 by gateway.example (Postfix) with ESMTP id 12345
Received: by mail.lab.test (Postfix, from userid 0) id 99999
Message-ID: <x@spam.example>
From: victim-u00000@forged.example

*** ENVELOPE RECORDS deferred/A/AAAAAAAAAA ***
original_recipient: kari@mail.lab.test
named_attribute: sasl_username=kari
*** MESSAGE CONTENTS deferred/A/AAAAAAAAAA ***
`),
      }),
  },
  {
    name: 'the null sender, a stranger, and nothing of ours',
    backscatter: true,
    share: 0.1,
    make: (lab) =>
      bring(lab, {
        client: '127.0.0.1',
        from: '',
        to: 'u00000@forged.example',
        text: 'From: <>\nSubject: failure notice\n\nHi. This is qmail.\n',
      }),
  },
  {
    name: 'newsletters',
    backscatter: false,
    share: 0.25,
    make: (lab) =>
      bring(lab, { client: '127.0.0.1', from: 'news@mail.lab.test', to: 'customer-u00000@customer.example' }),
  },
  {
    name: 'what programs send',
    backscatter: false,
    share: 0.15,
    make: (lab) => sendmail(lab, '-f', 'shop@mail.lab.test', 'buyer-u00000@buyer.example'),
  },
  {
    name: 'bounces to users of a domain that is relayed',
    backscatter: false,
    share: 0.04,
    make: (lab) =>
      bring(lab, {
        from: '',
        to: 'u00000@relayed.example',
        text: bounceOf('From: a@b.example\nMessage-ID: <1@b.example>\n'),
      }),
  },
  {
    name: 'bounces of what users here sent under a foreign address',
    backscatter: false,
    share: 0.02,
    make: (lab) => sendmail(lab, '-f', 'kari-u00000@elsewhere.example', 'nobody-u00000@mail.lab.test'),
  },
  {
    name: 'bounces that a user has forwarded',
    backscatter: false,
    share: 0.01,
    make: (lab) =>
      bring(lab, {
        from: '',
        to: 'ola@mail.lab.test',
        text: bounceOf('From: ola@mail.lab.test\nMessage-ID: <2@b.example>\n'),
      }),
  },
  {
    name: 'automatic replies',
    backscatter: false,
    share: 0.01,
    make: (lab) =>
      bring(lab, {
        client: '127.0.0.1',
        from: '',
        to: 'friend-u00000@friend.example',
        text: 'From: Kari <kari@mail.lab.test>\nAuto-Submitted: auto-replied\nSubject: On holiday\n\nBack on Monday.\n',
      }),
  },
  {
    name: 'bounces to users here',
    backscatter: false,
    share: 0.02,
    make: (lab) =>
      bring(lab, {
        from: '',
        to: 'kari@mail.lab.test',
        text: bounceOf('From: kari@mail.lab.test\nMessage-ID: <3@mail.lab.test>\n'),
      }),
  },
];

/** Fills the queue with every kind. @returns the ids of each */
export async function fill(stage: QueueStage, count: number): Promise<Map<Kind, string[]>> {
  const { lab } = stage;
  lab.write('/home/ola/.forward', 'ola-u00000@elsewhere.example\n', { owner: { uid: 20_001, gid: 20_001 } });
  const ids = new Map<Kind, string[]>();
  for (const kind of kinds) {
    if (kind.name === 'bounces to users here') await putOffLocalMail(stage);
    ids.set(kind, await multiply(stage, () => kind.make(lab), Math.round(kind.share * count)));
  }
  return ids;
}

async function putOffLocalMail({ postfix }: QueueStage): Promise<void> {
  await postfix.reload({
    main: mainText.replace('defer_transports = smtp, relay', 'defer_transports = smtp, relay, local'),
  });
}
