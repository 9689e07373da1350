import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '@postern/testbed';
import { readRollout, type HostEvent, type RolloutReport } from '@postern/fleet';
import { startRealHosts, type RealHosts } from './real/real-hosts.ts';

const needs = ['root', 'namespaces', 'sshd', 'ssh-keygen', 'postfix', 'ip', 'nsenter'] as const;

describeWith(needs, 'twenty real hosts, and one that is not there', () => {
  let hosts: RealHosts;
  let report: RolloutReport;
  const events: HostEvent[] = [];
  const before = new Map<number, string>();
  const all = Array.from({ length: 20 }, (_, index) => index + 1);
  const good = all.filter((host) => host !== 8);

  beforeAll(async () => {
    hosts = await startRealHosts(20);
    appendFileSync(
      hosts.inventory,
      '[gone]\nh21 ansible_host=10.99.7.7\n[gone:vars]\nansible_user=root\nansible_ssh_private_key_file=key\n',
    );
    // A folder where the table should be: no check sees it, and smtpd complains when the first client comes.
    const [program = '', ...words] = hosts.on(8);
    execFileSync(program, [
      ...words,
      'sh',
      '-c',
      'rm /etc/postfix/clients.cidr; mkdir /etc/postfix/clients.cidr',
    ]);
    for (const host of all) before.set(host, hosts.read(host, '/etc/postfix/main.cf')!);
    const journal = join(hosts.folder, 'journal.jsonl');
    const [enter = '', ...inside] = hosts.enter;
    const controller = spawn(
      enter,
      [
        ...inside,
        process.execPath,
        '--conditions=@postern/source',
        join(import.meta.dirname, 'real/controller.ts'),
        hosts.inventory,
        journal,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    createInterface({ input: controller.stdout }).on('line', (line) =>
      events.push(JSON.parse(line) as HostEvent),
    );
    const [status] = (await once(controller, 'close')) as [number | null];
    if (status !== 0) throw new Error(`the controller ended with ${status}`);
    report = (await readRollout(journal))!;
  }, 300_000);
  afterAll(() => hosts[Symbol.asyncDispose]());

  it('takes a canary, then waves, and no wave before the one before has ended', () => {
    expect(report.waves.map(({ name, hosts: size }) => [name, size])).toEqual([
      ['canary', 1],
      ['wave 1', 4],
      ['wave 2', 11],
      ['wave 3', 5],
    ]);
    const order = events.flatMap((event) =>
      event.type === 'begun' || event.type === 'ended' ? event.wave : [],
    );
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('leaves nineteen as their plans say, one as it was, and says who was not there', () => {
    expect(report.counts).toMatchObject({ applied: 19, 'rolled-back': 1, failed: 1, waiting: 0, unknown: 0 });
    for (const host of good) {
      expect(hosts.read(host, '/etc/postfix/main.cf')).toBe(
        `${before.get(host)}smtpd_client_restrictions = check_client_access cidr:/etc/postfix/clients.cidr\n` +
          `smtpd_banner = $myhostname ESMTP h${host} of the fleet\n`,
      );
    }
    expect(hosts.read(8, '/etc/postfix/main.cf')).toBe(before.get(8));
    const why = Object.fromEntries(report.hosts.map(({ host, message }) => [host, message]));
    expect(why['h8']).toMatch(/^greeting smtp: from the host itself: no greeting within/);
    expect(why['h21']).toMatch(/10\.99\.7\.7 port 22/);
    expect(report.phase).toBe('finished');
  });

  it('leaves no change on any host that waits to be confirmed', () => {
    const waiting = all.filter((host) => hosts.read(host, '/var/lib/postern/pending') !== undefined);
    expect(waiting).toEqual([]);
    const phases = all.map((host) => {
      const { change } = report.hosts.find((each) => each.host === `h${host}`)!;
      return hosts.read(host, `/var/lib/postern/changes/${change}/phase`);
    });
    expect(phases).toEqual(all.map((host) => (host === 8 ? 'rolled-back\n' : 'confirmed\n')));
  });

  it('has every Postfix greet as its plan says, but for the one whose smtpd has just failed', () => {
    const [enter = '', ...inside] = hosts.enter;
    const script =
      'for i in $(seq 1 20); do [ $i = 8 ] || ssh -n -F /dev/null -i "$1/key" -o UserKnownHostsFile="$1/known_hosts" -o BatchMode=yes ' +
      'root@10.99.0.$((10 + i)) "bash -c \'exec 3<>/dev/tcp/127.0.0.1/25; head -n 1 <&3\'" & done; wait';
    const said = execFileSync(enter, [...inside, 'bash', '-c', script, 'bash', hosts.folder], {
      encoding: 'utf8',
    });
    const greetings = said.split(/\r?\n/).filter(Boolean).toSorted();
    expect(greetings).toEqual(good.map((host) => `220 h${host}.test ESMTP h${host} of the fleet`).toSorted());
  });
});
