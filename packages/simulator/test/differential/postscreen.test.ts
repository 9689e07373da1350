import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, startLab, startNameserver, startPostfix, type Lab } from '@postern/testbed';
import { expect, it } from 'vitest';
import type { Configuration, PostscreenFacts, Reply, Transaction } from '@postern/simulator';
import { judge } from './compare.ts';
import { inParallel } from './in-parallel.ts';
import { Random } from './random.ts';
import { dns, hostname, users } from './surroundings.ts';

const seed = Number(process.env['POSTERN_SIMULATOR_SEED'] ?? 1);
const services = 24;
/** Sessions at a time: each waits for its turn to speak, and must not wait for a busy machine besides. */
const atOnce = 72;
/** Of good and of bad repute, IPv6, and in mynetworks. */
const addresses = ['192.0.2.7', '192.0.2.9', '192.0.2.8', '203.0.113.66', '2001:db8::5', '10.1.2.3'];
const behaviours: readonly PostscreenFacts[] = [
  {},
  { pregreet: true },
  { pipelining: true },
  { nonSmtpCommand: true },
  { bareNewline: true },
];

const main = `compatibility_level = 3.6
myhostname = ${hostname}
mydestination = here.test
mynetworks = 127.0.0.0/8 10.0.0.0/8
inet_interfaces = 127.0.0.1, [::1]
alias_maps =
alias_database =
local_transport = discard:
postscreen_cache_map =
postscreen_greet_wait = 2s
postscreen_dnsbl_timeout = 10s
smtpd_reject_unlisted_recipient = no
in_flow_delay = 0
maillog_file =
`;

const files: Record<string, string> = {
  '/etc/postfix/screen': '192.0.2.8 permit\n203.0.113.0/24 reject\n',
  '/etc/postfix/dnsbl-names': 'bl.test a.list\n',
};

function masterText(random: Random, firstPort: number): string {
  const actions = ['ignore', 'enforce', 'drop'] as const;
  const listeners = Array.from({ length: services }, (_, index) => {
    const options: Record<string, string> = {
      postscreen_greet_action: random.pick(actions),
      postscreen_dnsbl_action: random.pick(actions),
      postscreen_denylist_action: random.pick(actions),
      postscreen_access_list: random.pick([
        'permit_mynetworks',
        'permit_mynetworks, cidr:/etc/postfix/screen',
        'cidr:/etc/postfix/screen',
        '',
      ]),
      postscreen_dnsbl_sites: random.pick([
        '',
        'bl.test*2, wl.test*-3',
        'bl.test=127.0.0.[3..10]*3, wl.test=127.0.9.1*-2, any.down.test',
        'bl.test=127.0.0.2, bl.test=127.0.0.4*4',
      ]),
      postscreen_dnsbl_threshold: random.pick(['1', '2', '4']),
      postscreen_dnsbl_allowlist_threshold: random.pick(['0', '0', '-2']),
      postscreen_dnsbl_reply_map: random.pick(['', 'texthash:/etc/postfix/dnsbl-names']),
    };
    if (random.chance(0.2)) options['soft_bounce'] = 'yes';
    for (const test of ['pipelining', 'non_smtp_command', 'bare_newline']) {
      if (!random.chance(0.3)) continue;
      options[`postscreen_${test}_enable`] = 'yes';
      options[`postscreen_${test}_action`] = random.pick(actions);
    }
    const lines = Object.entries(options).map(([name, value]) => `  -o { ${name} = ${value} }\n`);
    return `${firstPort + index} inet n - n - 1 postscreen\n${lines.join('')}`;
  });
  return `${listeners.join('')}smtpd     pass  - - n - - smtpd
dnsblog   unix  - - n - 0 dnsblog
tlsproxy  unix  - - n - 0 tlsproxy
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
discard   unix  - - n - - discard
`;
}

describeWith(['root', 'namespaces', 'postfix'], 'the real postscreen 3.7.11', () => {
  it('agrees with the simulator on who is let through, and what the others are told', async () => {
    const random = new Random(seed);
    const firstPort = 4000;
    const master = masterText(random, firstPort);
    await using lab = await startLab({ hostname });
    await using _nameserver = await startNameserver({ lab, world: dns });
    await using _postfix = await startPostfix(lab, { main, master, files, users, greets: false });
    const configuration: Configuration = { main, master, version: '3.7.11', files: (path) => files[path] };
    const transactions = [1, 2].flatMap(() =>
      Array.from({ length: services }, (_, index) =>
        addresses.map((address): Transaction => ({
          service: String(firstPort + index),
          client: { address },
          helo: 'mx.good.test',
          from: '',
          to: ['kari@here.test'],
          postscreen: random.pick(behaviours),
        })),
      ).flat(),
    );
    const told = await inParallel(transactions, atOnce, (transaction) => play(lab, transaction));
    const disagree = (index: number): boolean => {
      const { reply } = judge(configuration, transactions[index]!);
      // On such a command smtpd hangs up by itself: postscreen has let it through.
      const letThrough = told[index]!.startsWith('221 ') && transactions[index]!.postscreen?.nonSmtpCommand;
      return told[index] !== printed(reply) && !(letThrough && reply.code === 250);
    };
    // Who spoke first is a matter of time, which a busy machine may not leave: a session is played twice at most.
    for (const index of transactions.keys())
      if (disagree(index)) told[index] = await play(lab, transactions[index]!);
    const disagreements = [...transactions.keys()].filter(disagree).map((index) => {
      const transaction = transactions[index]!;
      const { reply, steps } = judge(configuration, transaction);
      const why = steps.map(({ list, result, reason }) => `${list} → ${result}: ${reason}`);
      return { real: told[index], simulated: printed(reply), transaction, why };
    });
    expect(disagreements.slice(0, 4)).toEqual([]);
    // What the generator brings about, so that agreement means something.
    const kinds = ['250 2.1.5', '450 4.3.2', '521 5.5.1', '521 5.7.1', '550 5.5.1', '550 5.7.1'];
    expect(kinds.filter((kind) => !told.some((reply) => reply.startsWith(kind)))).toEqual([]);
  });
});

const printed = ({ code, enhanced, text }: Reply): string => [code, enhanced, text].join(' ');

/** Plays a session that behaves as the facts say. @returns the last reply: that to RCPT, or the one that hangs up */
async function play(lab: Lab, { client, service, postscreen = {} }: Transaction): Promise<string> {
  const { address } = client;
  const to = address.includes(':') ? '::1' : '127.0.0.1';
  const socket = await lab.connect({ from: address, to, port: Number(service) });
  const replies = readReplies(socket);
  const ends = postscreen.bareNewline ? '\n' : '\r\n';
  const mail = 'MAIL FROM:<>';
  const rcpt = 'RCPT TO:<kari@here.test>';
  try {
    if (postscreen.pregreet) socket.write(`EHLO mx.good.test${ends}`);
    let last = await replies.next();
    if (hangsUp(last)) return last;
    // postscreen swallows what it was told too early, where it does not hand the client on.
    last = postscreen.pregreet ? await replies.next(1200) : silence;
    if (last === silence) {
      socket.write(`EHLO mx.good.test${ends}`);
      last = await replies.next();
    }
    if (hangsUp(last)) return last;
    if (postscreen.nonSmtpCommand) {
      socket.write('GET / HTTP/1.1\r\n');
      last = await replies.next();
      if (hangsUp(last)) return last;
    }
    socket.write(postscreen.pipelining ? `${mail}\r\n${rcpt}\r\n` : `${mail}${ends}`);
    last = await replies.next();
    if (hangsUp(last)) return last;
    if (!postscreen.pipelining) socket.write(`${rcpt}${ends}`);
    return await replies.next();
  } finally {
    socket.destroy();
  }
}

const silence = 'LOST: silence';
const hangsUp = (reply: string): boolean => /^(?:221|421|521|LOST)/.test(reply);

/** Whole replies one after the other; postscreen says the first line of its greeting long before the last. */
function readReplies(socket: Socket): { next(patience?: number): Promise<string> } {
  let received = '';
  let ended = false;
  socket.on('data', (data) => (received += String(data)));
  socket.on('error', () => (ended = true));
  void once(socket, 'end').then(() => (ended = true));
  return {
    async next(patience = 20_000) {
      for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(10)) {
        const match = /^(?:\d{3}-[^\n]*\n)*(\d{3} [^\n]*)\r?\n/.exec(received);
        if (match) {
          received = received.slice(match[0].length);
          return match[1]!.trimEnd();
        }
        if (ended) return 'LOST: hung up';
      }
      return silence;
    },
  };
}
