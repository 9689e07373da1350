import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, median, missing, type Bench, type BenchRow } from '@postern/testbed';
import { startRealHosts, type RealHosts } from '../test/real/real-hosts.ts';
import { settings } from './settings.ts';

const count = 20;
const rounds = 3;

const bench: Bench = {
  title: 'Rolling a change out to twenty hosts',
  about:
    'Twenty machines in namespaces of this one, each with its own network, files, sshd and Postfix; all of them and whoever ' +
    'works on them share its cores. Twenty settings are changed. Ours: twenty at a time, each with login, facts, staging, both ' +
    'validations, journal, watchdog, rename, reload, greeting, EHLO, the log, confirmation, all written down here with fsync; ' +
    'none of these settings is one that `postfix check` looks at, so Postfix is asked by `postfix status` on the copy. ' +
    "Plain: twenty of OpenSSH's clients started together with `postconf -e …; postfix check; postfix reload`, unchecked and " +
    'without a way back. Ansible: 20 forks, pipelining, lineinfile, check and reload. Each starts as a program of its own. ' +
    'Before each, the files look an hour old, as they are on hosts that nobody has just touched. ' +
    "The hosts' own part is `postfix check; postfix reload` alone, started on all twenty at once without any login.",
  async *run(): AsyncIterable<BenchRow> {
    const reason = missing('root', 'namespaces', 'sshd', 'ssh-keygen', 'postfix', 'ip', 'nsenter', 'ssh');
    if (reason) throw new Error(reason);
    await using hosts = await startRealHosts(count);
    yield* rows(hosts);
  },
};

export default bench;

async function* rows(hosts: RealHosts): AsyncIterable<BenchRow> {
  const ansible = findProgram('ansible-playbook');
  const times = { ours: [] as number[], plain: [] as number[], own: [] as number[] };
  const theirs = { lines: [] as number[], block: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    await settle(hosts);
    times.ours.push(await timed(() => ours(hosts, round)));
    await settle(hosts);
    times.plain.push(await timed(() => plain(hosts, round)));
    await settle(hosts);
    times.own.push(await timed(() => own(hosts)));
    // It takes so much longer that one look is enough.
    if (ansible === undefined || round > 0) continue;
    await settle(hosts);
    theirs.block.push(await timed(() => playbook(hosts, ansible, blockTask(`block ${round}`))));
    await settle(hosts);
    theirs.lines.push(await timed(() => playbook(hosts, ansible, lineTask(`lines ${round}`))));
  }
  const mine = median(times.ours);
  yield ratio('against 20 plain ssh commands', mine, median(times.plain), 1);
  if (ansible === undefined) {
    yield { work: 'against ansible', ours: seconds(mine), peer: 'ansible is not installed', ratio: '–' };
  } else {
    yield ratio('against ansible with 20 forks and pipelining (lineinfile)', mine, median(theirs.lines), 3);
    yield ratio('against ansible with 20 forks and pipelining (blockinfile)', mine, median(theirs.block), 3);
  }
  const part = median(times.own);
  yield {
    work: "of that, the hosts' own check and reload",
    ours: seconds(mine),
    peer: seconds(part),
    ratio: `${Math.round((part / mine) * 100)} %`,
  };
}

/** As on hosts that nobody has touched for an hour: their tools wait for files that were modified just now. */
function settle(hosts: RealHosts): Promise<void> {
  return onAll(hosts, "touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix/master.cf");
}

async function ours(hosts: RealHosts, round: number): Promise<void> {
  const program = join(import.meta.dirname, 'rollout.ts');
  const words = ['--conditions=@postern/source', program, hosts.inventory, `ours ${round}`];
  await succeed([...hosts.enter, process.execPath, ...words]);
}

async function plain(hosts: RealHosts, round: number): Promise<void> {
  const { folder } = hosts;
  const words = Object.entries(settings(`plain ${round}`)).map(([name, value]) => `'${name}=${value}'`);
  const change = `postconf -e ${words.join(' ')}; postfix check; postfix reload`;
  const ssh = ['ssh', '-n', '-F', '/dev/null', '-i', `${folder}/key`, '-o', 'BatchMode=yes'];
  const known = ['-o', `UserKnownHostsFile=${folder}/known_hosts`];
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      succeed([...hosts.enter, ...ssh, ...known, `root@10.99.0.${11 + index}`, change]),
    ),
  );
}

function own(hosts: RealHosts): Promise<void> {
  return onAll(hosts, 'postfix check; postfix reload');
}

/** Each setting in the place where it stands. */
function lineTask(round: string): string {
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

/** All settings in one go, which replaces nothing that is there already. */
function blockTask(round: string): string {
  const lines = Object.entries(settings(round)).map(([name, value]) => `          ${name} = ${value}`);
  return `    - blockinfile:
        path: /etc/postfix/main.cf
        backup: true
        block: |
${lines.join('\n')}
`;
}

async function playbook(hosts: RealHosts, ansible: string, task: string): Promise<void> {
  const { folder } = hosts;
  writeFileSync(
    join(folder, 'play.yml'),
    `- hosts: mx
  gather_facts: false
  tasks:
${task}    - command: postfix check
    - command: postfix reload
`,
  );
  await succeed(
    [...hosts.enter, ansible, '-f', String(count), '-i', hosts.inventory, join(folder, 'play.yml')],
    {
      ANSIBLE_PIPELINING: 'True',
      ANSIBLE_SSH_ARGS: `-F /dev/null -o UserKnownHostsFile=${folder}/known_hosts -o ControlMaster=auto -o ControlPersist=60s -o ControlPath=${folder}/%C`,
      ANSIBLE_LOCAL_TEMP: folder,
    },
  );
}

async function onAll(hosts: RealHosts, script: string): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, index) => succeed([...hosts.on(index + 1), 'sh', '-c', script])),
  );
}

async function succeed(
  [program = '', ...words]: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const child = spawn(program, words, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (data) => (output += String(data)));
  child.stderr.on('data', (data) => (output += String(data)));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0)
    throw new Error(`${program} ${words.slice(0, 6).join(' ')} ended with ${status}: ${output}`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function ratio(work: string, mine: number, peer: number, target: number): BenchRow {
  const factor = peer / mine;
  return {
    work,
    ours: seconds(mine),
    peer: seconds(peer),
    ratio: `${factor.toFixed(1)} ×`,
    target: `≥ ${target} ×`,
    met: factor >= target,
  };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
