import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectOptions, type PostfixHost } from '@postern/controller';
import { longLine } from '../test/ssh/round-trips.ts';
import type { Plan } from '@postern/plan';
import {
  findProgram,
  median,
  missing,
  startLab,
  startPostfix,
  startSshd,
  type Bench,
  type BenchRow,
  type Lab,
  type Sshd,
} from '@postern/testbed';

const main = `compatibility_level = 3.6
myhostname = mail.lab.test
mydestination = mail.lab.test, localhost
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1, 203.0.113.25
inet_protocols = ipv4
alias_maps =
alias_database =
maillog_file = /var/log/mail.log
`;

/** Twenty settings after the guide; the last makes each round another change. */
const settings = (round: string): Record<string, string> => ({
  smtpd_delay_reject: 'yes',
  smtpd_helo_required: 'yes',
  smtpd_helo_restrictions:
    'permit_mynetworks, permit_sasl_authenticated, reject_non_fqdn_helo_hostname, reject_invalid_helo_hostname',
  smtpd_sender_restrictions:
    'permit_mynetworks, permit_sasl_authenticated, reject_non_fqdn_sender, reject_unknown_sender_domain',
  smtpd_relay_restrictions: 'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination',
  smtpd_recipient_restrictions:
    'permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination, reject_non_fqdn_recipient',
  smtpd_data_restrictions: 'reject_unauth_pipelining',
  disable_vrfy_command: 'yes',
  smtpd_forbid_unauth_pipelining: 'yes',
  smtpd_tls_auth_only: 'yes',
  smtp_tls_security_level: 'may',
  smtpd_tls_protocols: '>=TLSv1.2',
  smtp_tls_protocols: '>=TLSv1.2',
  default_process_limit: '200',
  queue_run_delay: '300s',
  minimal_backoff_time: '300s',
  maximal_backoff_time: '4000s',
  smtpd_client_connection_rate_limit: '120',
  smtpd_client_message_rate_limit: '300',
  smtpd_banner: `$myhostname ESMTP ${round}`,
});

const because = { why: 'The guide says so.', source: 'the guide', versions: 'all' };
const planOf = (round: string): Plan => ({
  target: { name: 'mail.lab.test', postfix: '3.7.11' },
  changes: Object.entries(settings(round)).map(([name, value]) => ({
    type: 'set-parameter',
    name,
    value,
    because,
  })),
  checks: [{ id: 'greeting', description: 'Port 25 greets' }],
});

const bench: Bench = {
  title: 'Applying twenty settings to a host',
  about:
    'A real sshd and Postfix in a namespace of their own, one key, everything from the login to the end. Before each, the files look an hour old, as they are on a host that nobody has just touched. Ours: login, ' +
    'facts, staging, both validations, journal, watchdog, renames, reload, greeting, EHLO, a relay attempt, the log, ' +
    "confirmation. Plain: OpenSSH's client with `postconf -e …; postfix check; postfix reload`, unchecked and without a way " +
    "back. Postfix's own part is what `postfix check` and `postfix reload` take on files that look an hour old.",
  async *run(): AsyncIterable<BenchRow> {
    const reason = missing('root', 'namespaces', 'sshd', 'ssh', 'postfix');
    if (reason) throw new Error(reason);
    const stage = await setUp();
    try {
      yield* rows(stage);
    } finally {
      await stage.close();
    }
  },
};

export default bench;

interface Stage {
  readonly lab: Lab;
  readonly sshd: Sshd;
  readonly folder: string;
  readonly port: number;
  open(socket?: ConnectOptions['socket']): Promise<PostfixHost>;
  close(): Promise<void>;
}

async function* rows(stage: Stage): AsyncIterable<BenchRow> {
  const ansible = findProgram('ansible-playbook');
  const times = { ours: [] as number[], plain: [] as number[], block: [] as number[], lines: [] as number[] };
  for (let round = 0; round < 4; round++) {
    await settle(stage);
    const ours = await timed(async () => {
      await using host = await stage.open();
      const { status } = await host.apply(planOf(`ours ${round}`), {
        vantage: (port) => stage.lab.connect({ from: '198.51.100.7', to: '203.0.113.25', port }),
      });
      if (status !== 'applied') throw new Error(`the apply was ${status}`);
    });
    await settle(stage);
    const plain = await timed(() => plainSsh(stage, `plain ${round}`));
    if (ansible !== undefined && round > 1) {
      await settle(stage);
      times.block.push(await timed(() => playbook(stage, ansible, blockTask(`block ${round}`))));
      await settle(stage);
      times.lines.push(await timed(() => playbook(stage, ansible, lineTasks(`lines ${round}`))));
    }
    // The first round warms up.
    if (round > 0) times.ours.push(ours);
    if (round > 0) times.plain.push(plain);
  }
  const ours = median(times.ours);
  yield ratio('full safe apply, against plain ssh', ours, median(times.plain), 1);
  if (ansible === undefined) {
    yield {
      work: 'full safe apply, against ansible',
      ours: seconds(ours),
      peer: 'ansible is not installed',
      ratio: '–',
    };
  } else {
    yield ratio(
      'full safe apply, against ansible with pipelining (lineinfile)',
      ours,
      median(times.lines),
      4,
    );
    yield ratio(
      'full safe apply, against ansible with pipelining (blockinfile, its fastest)',
      ours,
      median(times.block),
      4,
    );
  }
  yield await ownPart(stage, ours);
  yield await nothingToDo(stage);
}

/** As on a host that nobody has touched for an hour: its tools wait for files that were modified just now. */
async function settle({ lab }: Pick<Stage, 'lab'>): Promise<void> {
  await lab.run('touch', ['-d', '1 hour ago', '/etc/postfix/main.cf', '/etc/postfix/master.cf']);
}

/** What Postfix's own two commands take of it. */
async function ownPart({ lab }: Stage, ours: number): Promise<BenchRow> {
  await settle({ lab });
  const rounds: number[] = [];
  for (let round = 0; round < 3; round++)
    rounds.push(await timed(() => lab.run('sh', ['-c', 'postfix check; postfix reload'])));
  const own = median(rounds);
  return {
    work: "of that, Postfix's own check and reload",
    ours: seconds(ours),
    peer: seconds(own),
    ratio: `${Math.round((own / ours) * 100)} %`,
  };
}

async function nothingToDo(stage: Stage): Promise<BenchRow> {
  const line = longLine(await stage.sshd.socket(), 1500);
  await using counted = await stage.open(() => Promise.resolve(line.stream));
  await using host = await stage.open();
  await host.apply(planOf('still'));
  const time = await timed(() => host.apply(planOf('still')));
  line.lengthen();
  await counted.apply(planOf('still'));
  const trips = line.roundTrips();
  return {
    work: 'apply with nothing to do, after the login',
    ours: seconds(time),
    peer: '–',
    ratio: `${trips} round trips on the wire`,
    target: 'under 3 round trips',
    met: trips < 3,
  };
}

function ratio(work: string, ours: number, peer: number, target: number): BenchRow {
  const factor = peer / ours;
  return {
    work,
    ours: seconds(ours),
    peer: seconds(peer),
    ratio: `${factor.toFixed(1)} ×`,
    target: `≥ ${target} ×`,
    met: factor >= target,
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function plainSsh({ folder, port }: Stage, round: string): Promise<void> {
  const words = Object.entries(settings(round)).map(([name, value]) => `'${name}=${value}'`);
  const command = `postconf -e ${words.join(' ')}; postfix check; postfix reload`;
  await succeed('ssh', [...sshOptions(folder), '-p', String(port), 'root@127.0.0.1', command]);
}

/** All settings in one go, which replaces nothing that is there already. */
function blockTask(round: string): string {
  const block = Object.entries(settings(round)).map(([name, value]) => `          ${name} = ${value}`);
  return `    - blockinfile:
        path: /etc/postfix/main.cf
        backup: true
        block: |
${block.join('\n')}
`;
}

/** Each setting in the place where it stands. */
function lineTasks(round: string): string {
  const items = Object.entries(settings(round)).map(
    ([name, value]) => `        - { name: ${name}, value: ${JSON.stringify(value)} }`,
  );
  return `    - lineinfile:
        path: /etc/postfix/main.cf
        regexp: '^{{ item.name }} *='
        line: '{{ item.name }} = {{ item.value }}'
      loop:
${items.join('\n')}
`;
}

async function playbook({ folder, port }: Stage, ansible: string, tasks: string): Promise<void> {
  const text = `- hosts: all
  gather_facts: false
  tasks:
${tasks}    - command: postfix check
    - command: postfix reload
`;
  writeFileSync(join(folder, 'play.yml'), text);
  writeFileSync(
    join(folder, 'hosts'),
    `mail ansible_host=127.0.0.1 ansible_port=${port} ansible_user=root ansible_python_interpreter=/usr/bin/python3\n`,
  );
  await succeed(ansible, ['-i', join(folder, 'hosts'), join(folder, 'play.yml')], {
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_SSH_ARGS: [
      ...sshOptions(folder),
      '-o',
      'ControlMaster=auto',
      '-o',
      'ControlPersist=60s',
      '-o',
      `ControlPath=${folder}/%C`,
    ].join(' '),
    ANSIBLE_LOCAL_TEMP: folder,
  });
}

function sshOptions(folder: string): string[] {
  return [
    '-F',
    '/dev/null',
    '-i',
    join(folder, 'key'),
    '-o',
    `UserKnownHostsFile=${join(folder, 'known_hosts')}`,
    '-o',
    'BatchMode=yes',
  ];
}

async function succeed(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${output}`);
}

async function setUp(): Promise<Stage> {
  const lab = await startLab({ addresses: ['203.0.113.25'] });
  const sshd = await startSshd(lab);
  await startPostfix(lab, { main });
  // A port of this machine that leads to the sshd of the other, for clients that want one.
  const way: Server = createServer({ noDelay: true }, (near) => {
    void sshd.socket().then((far) => {
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
    });
  }).listen(0, '127.0.0.1');
  await once(way, 'listening');
  const { port } = way.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
  writeFileSync(join(folder, 'key'), sshd.key, { mode: 0o600 });
  writeFileSync(join(folder, 'known_hosts'), `[127.0.0.1]:${port} ${sshd.hostKeys[0]}\n`);
  return {
    lab,
    sshd,
    folder,
    port,
    open: (socket) =>
      connect({
        ...(socket && { socket }),
        host: '127.0.0.1',
        port,
        user: 'root',
        identities: [join(folder, 'key')],
        knownHosts: [join(folder, 'known_hosts')],
        configFile: false,
        agent: false,
      }),
    async close() {
      way.close();
      rmSync(folder, { recursive: true });
      await lab.close();
    },
  };
}
