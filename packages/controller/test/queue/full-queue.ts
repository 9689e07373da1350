import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type PostfixHost } from '@postern/controller';
import { startLab, startPostfix, startSshd, type Lab, type Postfix } from '@postern/testbed';
import { clientFor } from '../ssh/open.ts';

/**
 * A queue that has melted down, as a Postfix fills it that accepts unknown recipients and puts everything off: every
 * message of it came in by SMTP from smtp-source, or from a user by sendmail, and was bounced, forwarded or deferred by
 * Postfix.
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
transport_maps = inline:{ gone.example=local: }
minimal_backoff_time = 3600s
smtpd_peername_lookup = no
in_flow_delay = 0
local_header_rewrite_clients =
`;

/** Where Postfix listens to the world, and where the world is. */
const outside = '203.0.113.25';
const stranger = '198.51.100.7';

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
  const lab = await startLab({ addresses: [outside] });
  // Who speaks to the outer address of this machine is a stranger.
  await lab.run('ip', ['route', 'replace', 'table', 'local', 'local', outside, 'dev', 'lo', 'src', stranger]);
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
    onDisk: () => queueFiles(lab),
    async [Symbol.asyncDispose]() {
      await host.close();
      await client[Symbol.asyncDispose]();
      await lab.close();
    },
  };
}

function queueFiles(lab: Lab): Map<string, string> {
  const root = lab.path('/var/spool/postfix');
  const files = new Map<string, string>();
  for (const queue of ['incoming', 'active', 'deferred', 'hold']) {
    for (const path of readdirSync(`${root}/${queue}`, { recursive: true }) as string[]) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (/^[0-9A-Za-z]{6,}$/.test(name)) files.set(name, queue);
    }
  }
  return files;
}

interface Flood {
  readonly count: number;
  readonly from: string;
  /** smtp-source writes a number before it, another for each message, unless they are all to one person. */
  readonly to: string;
  readonly toOnePerson?: boolean;
  /** A stranger by default. */
  readonly client?: 'here' | 'stranger';
  /** Header and body; what smtp-source makes up without. */
  readonly text?: string;
}

/** Messages by SMTP, as many as are wanted, over a few connections at a time. */
async function pour(lab: Lab, flood: Flood): Promise<void> {
  const { count, from, to, toOnePerson = false, client = 'stranger', text } = flood;
  const isHere = client === 'here';
  if (text !== undefined) lab.write('/run/message', text);
  const sessions = String(Math.min(5, count));
  const name = isHere ? lab.hostname : 'client.example.org';
  const numbered = toOnePerson ? [] : ['-N'];
  const content = text === undefined ? ['-l', '200'] : ['-F', '/run/message'];
  const args = ['-4', '-d', '-s', sessions, '-m', String(count), '-M', name, '-f', from, '-t', to];
  const { status, stderr } = await lab.run(
    'smtp-source',
    [...args, ...numbered, ...content, `${isHere ? '127.0.0.1' : outside}:25`],
    { timeout: 120_000 },
  );
  if (status !== 0) throw new Error(`smtp-source to ${to}: ${stderr}`);
}

/** Has messages made, and waits until so many more are put off. @returns their ids */
async function putOff(stage: QueueStage, make: () => Promise<unknown>, count: number): Promise<string[]> {
  const before = stage.onDisk();
  await make();
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
    const fresh = [...stage.onDisk()].filter(([id]) => !before.has(id));
    if (fresh.length === count && fresh.every(([, queue]) => queue === 'deferred'))
      return fresh.map(([id]) => id);
  }
  const now = stage.onDisk().size - before.size;
  const log = stage.lab.read('/var/log/mail.log').slice(-2000);
  throw new Error(`of ${count} messages ${now} are in the queue after a minute\n${log}`);
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
  /** In thousandths of the queue. */
  readonly share: number;
  make(lab: Lab, count: number): Promise<unknown>;
}

export const kinds: readonly Kind[] = [
  {
    name: 'bounces of mail for users that are not there',
    backscatter: true,
    share: 100,
    make: (lab, count) => pour(lab, { count, from: 'victim@forged.example', to: 'nobody@mail.lab.test' }),
  },
  {
    name: 'bounces that a server behind relays, and whose text tries to pass for ours',
    backscatter: true,
    share: 300,
    make: (lab, count) =>
      pour(lab, {
        count,
        client: 'here',
        from: '',
        to: 'victim@forged.example',
        text: bounceOf(`Received: from spam.example (spam.example [198.51.100.9])
 by gateway.example (Postfix) with ESMTP id 12345
Received: by mail.lab.test (Postfix, from userid 0) id 99999
Message-ID: <x@spam.example>
From: victim@forged.example

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
    share: 100,
    make: (lab, count) =>
      pour(lab, {
        count,
        client: 'here',
        from: '',
        to: 'user@forged.example',
        text: 'From: <>\nSubject: failure notice\n\nHi. This is qmail.\n',
      }),
  },
  {
    name: 'newsletters',
    backscatter: false,
    share: 250,
    make: (lab, count) =>
      pour(lab, { count, client: 'here', from: 'news@mail.lab.test', to: 'customer@customer.example' }),
  },
  {
    name: 'what programs send',
    backscatter: false,
    share: 150,
    make: (lab, count) =>
      pour(lab, { count, client: 'here', from: 'shop@mail.lab.test', to: 'buyer@buyer.example' }),
  },
  {
    name: 'bounces to users of a domain that is relayed',
    backscatter: false,
    share: 40,
    make: (lab, count) =>
      pour(lab, {
        count,
        from: '',
        to: 'user@relayed.example',
        text: bounceOf('From: a@b.example\nMessage-ID: <1@b.example>\n'),
      }),
  },
  {
    name: 'bounces of what came from here under a foreign address',
    backscatter: false,
    share: 16,
    make: (lab, count) =>
      pour(lab, { count, client: 'here', from: 'kari@elsewhere.example', to: 'friend@gone.example' }),
  },
  {
    name: 'bounces of what users here sent under a foreign address',
    backscatter: false,
    share: 4,
    make: (lab, count) =>
      lab.run('sh', [
        '-c',
        'n=0; while [ $n -lt "$1" ]; do echo hello | sendmail -f kari@elsewhere.example nobody$n@mail.lab.test; n=$((n + 1)); done',
        'sh',
        String(count),
      ]),
  },
  {
    name: 'bounces that a user has forwarded',
    backscatter: false,
    share: 10,
    make: (lab, count) =>
      pour(lab, {
        count,
        from: '',
        to: 'ola@mail.lab.test',
        toOnePerson: true,
        text: bounceOf('From: ola@mail.lab.test\nMessage-ID: <2@b.example>\n'),
      }),
  },
  {
    name: 'automatic replies',
    backscatter: false,
    share: 10,
    make: (lab, count) =>
      pour(lab, {
        count,
        client: 'here',
        from: '',
        to: 'friend@friend.example',
        text: 'From: Kari <kari@mail.lab.test>\nAuto-Submitted: auto-replied\nSubject: On holiday\n\nBack on Monday.\n',
      }),
  },
  {
    name: 'bounces to users here',
    backscatter: false,
    share: 20,
    make: (lab, count) =>
      pour(lab, {
        count,
        from: '',
        to: 'kari@mail.lab.test',
        toOnePerson: true,
        text: bounceOf('From: kari@mail.lab.test\nMessage-ID: <3@mail.lab.test>\n'),
      }),
  },
];

/** Fills the queue with every kind. @returns the ids of each */
export async function fill(stage: QueueStage, messages: number): Promise<Map<Kind, string[]>> {
  const { lab } = stage;
  lab.write('/home/ola/.forward', 'ola@elsewhere.example\n', { owner: { uid: 20_001, gid: 20_001 } });
  const ids = new Map<Kind, string[]>();
  for (const kind of kinds) {
    if (kind.name === 'bounces to users here') await putOffLocalMail(stage);
    const count = Math.round((kind.share * messages) / 1000);
    ids.set(kind, await putOff(stage, () => kind.make(lab, count), count));
  }
  return ids;
}

async function putOffLocalMail({ postfix }: QueueStage): Promise<void> {
  await postfix.reload({
    main: mainText.replace('defer_transports = smtp, relay', 'defer_transports = smtp, relay, local'),
  });
}
