import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, startRedis, type Server } from '@postern/testbed';
import { startSimulatedFleet, type SimulatedFleet } from '../../fleet/test/simulated/simulated-fleet.ts';
import { run, type Ran } from './run.ts';

/** Eight simulated hosts; the greeting of the fifth fails after a change. */
describe('postern fleet', () => {
  let fleet: SimulatedFleet;
  const login = ['--no-ssh-config', '--ask-sudo'];
  const fleetCommand = (words: string, io: Parameters<typeof run>[1] = {}): Promise<Ran> =>
    run(['fleet', ...words.split(' ').map((word) => word.replace(/^INV/, fleet.inventory))], {
      cwd: fleet.folder,
      askSecret: () => Promise.resolve('simulated'),
      ...io,
    });
  const options = `${login.join(' ')} --plan plan.json`;

  beforeAll(async () => {
    fleet = await startSimulatedFleet(8, new Map([[5, 'greeting']]));
    const because = { why: 'Every client must greet.', source: 'postconf(5)', versions: 'all' };
    const change = { type: 'set-parameter', name: 'smtpd_helo_required', value: 'yes', because };
    const banner = { ...change, name: 'smtpd_banner', value: '$myhostname ESMTP' };
    const plan = { target: { name: 'all', postfix: '3.7.11' }, changes: [change, banner], checks: [] };
    fleet.write('plan.json', JSON.stringify(plan));
    appendFileSync(fleet.inventory, '[more]\nmx9 ansible_port=none\n');
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('shows what would change on each host, and which line of the inventory is wrong', async () => {
    const { code, out, err } = await fleetCommand(`plan INV ${options}`);
    expect(err).toMatch(/hosts\.ini:16: mx9: ansible_port cannot be "none"\. The host was left out\./);
    expect(out).toContain('mx0001\n');
    expect(out.match(/\+smtpd_helo_required = yes/g)).toHaveLength(8);
    expect(code).toBe(1);
    const one = JSON.parse((await fleetCommand(`plan INV ${options} --limit mx0003 --json`)).out) as {
      hosts: { host: string; status: string; diff: string }[];
    };
    expect(one.hosts).toMatchObject([
      { host: 'mx0003', status: 'planned', diff: expect.stringContaining('+smtpd') },
    ]);
  });

  it('changes nothing before somebody has said yes', async () => {
    const asked = await fleetCommand(`apply INV ${options}`);
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('say --yes') });
    const refused = await fleetCommand(`apply INV ${options}`, { confirm: () => Promise.resolve(false) });
    expect(refused.err).toContain('nothing was changed');
    expect(fleet.deeds).toEqual([]);
    expect(await fleetCommand('status INV')).toMatchObject({
      code: 3,
      err: expect.stringContaining('no rollout was begun'),
    });
  });

  it('pauses after the canary, says how far it is, and goes on', async () => {
    const paused = await fleetCommand(`apply INV ${options} --pause-after canary --max-failures 1 --yes`);
    expect(paused.out).toContain('canary: 1 of 1');
    expect(paused.out).toMatch(/paused: canary is through\nGo on: postern fleet resume/);
    expect(paused.code).toBe(1);
    const again = await fleetCommand(`apply INV ${options} --yes`);
    expect(again).toMatchObject({
      code: 3,
      err: expect.stringMatching(/the plan plan\.json\) is paused\. Resume it/),
    });
    const status = await fleetCommand('status INV --json');
    expect(JSON.parse(status.out)).toMatchObject({ phase: 'paused', counts: { applied: 1, waiting: 7 } });
    const resumed = await fleetCommand(`resume INV ${login.join(' ')} --yes --html report.html`);
    expect(resumed.out).toMatch(/mx0005 rolled-back: greeting smtp: .*greets with 421/);
    expect(resumed.out).toContain('7 applied, 1 rolled-back\nfinished: 8 hosts were taken, 1 failed');
    expect(resumed.code).toBe(1);
    expect(readFileSync(join(fleet.folder, 'report.html'), 'utf8')).toContain('greets with 421');
    expect((await fleetCommand('status INV')).out).toContain('finished');
  });

  it('shows on a terminal how far it is', async () => {
    const words = `apply INV ${options} --limit !mx0005 --journal other.jsonl --yes`;
    const { code, err } = await fleetCommand(words, { terminal: true });
    expect(err).toMatch(/(canary|wave 1) \(\d of \d\) {2}[█░]{24} {2}\d of 7 hosts, 0 failed \(0 may\)/);
    // An inventory with a mistake is never quite clean.
    expect(code).toBe(1);
    const events = (await fleetCommand(`${words} --json`)).out.trim().split('\n');
    expect(events.map((line) => (JSON.parse(line) as { type: string }).type)).toContain('finished');
  });

  it.each([
    ['apply INV --waves lots --yes', '--waves takes counts and shares such as 5 or 10%, not "lots"'],
    ['apply INV --plan nowhere.json --yes', '--plan nowhere.json: cannot be read'],
    ['apply INV --concurrency 0 --yes', '--concurrency takes a count from 1 to 1000, not "0"'],
    ['plan nowhere.ini', 'the inventory cannot be read'],
    ['plan INV --limit nobody', '"nobody" names no host and no group with hosts. Groups: mx'],
  ])('%s', async (words, message) => {
    const { code, err } = await fleetCommand(`${words} --no-ssh-config`);
    expect(err).toContain(message);
    expect(code).toBeGreaterThanOrEqual(2);
  });
});

describeWith(['redis-server'], 'postern fleet with Redis', () => {
  let redis: Server;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  it('coordinates and works in one command, and tells anybody how far it is', async () => {
    await using fleet = await startSimulatedFleet(4, new Map());
    const because = { why: 'Every client must greet.', source: 'postconf(5)', versions: 'all' };
    const changes = [{ type: 'set-parameter', name: 'smtpd_helo_required', value: 'yes', because }];
    fleet.write(
      'plan.json',
      JSON.stringify({ target: { name: 'all', postfix: '3.7.11' }, changes, checks: [] }),
    );
    const url = `redis://127.0.0.1:${redis.port}`;
    const io = { cwd: fleet.folder, askSecret: () => Promise.resolve('simulated') };
    const words = ['fleet', 'apply', fleet.inventory, '--no-ssh-config', '--ask-sudo', '--plan', 'plan.json'];
    const applied = await run([...words, '--redis', url, '--yes'], io);
    expect(applied).toMatchObject({ code: 0, out: expect.stringContaining('4 applied') });
    const status = await run(['fleet', 'status', fleet.inventory, '--redis', url], io);
    expect(status).toMatchObject({ code: 0, out: expect.stringContaining('finished: 4 hosts were taken') });
  });
});
