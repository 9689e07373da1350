import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeWith, startRedis } from '@postern/testbed';
import { startSimulatedFleet, type SimulatedFleet } from '../../fleet/test/simulated/simulated-fleet.ts';
import { onRunningFleet, wordsOf } from './json-commands.ts';
import { mistakesIn } from './published-schema.ts';
import { startCommand, type RealCommand } from './real-command.ts';
import { run } from './run.ts';

const hosts = 12;
let fleet: SimulatedFleet;

beforeEach(async () => {
  fleet = await startSimulatedFleet(hosts, new Map());
  const because = { why: 'Every client must greet.', source: 'postconf(5)', versions: 'all' };
  const changes = [{ type: 'set-parameter', name: 'smtpd_helo_required', value: 'yes', because }];
  const plan = { target: { name: 'all', postfix: '3.7.11' }, changes, checks: [] };
  fleet.write('plan.json', JSON.stringify(plan));
});
afterEach(() => fleet[Symbol.asyncDispose]());

const begin = (...more: string[]): RealCommand =>
  startCommand(
    [
      'fleet',
      'apply',
      'hosts.ini',
      '--no-ssh-config',
      '--plan',
      'plan.json',
      '--concurrency',
      '2',
      '--yes',
      ...more,
    ],
    { cwd: fleet.folder },
  );

/** Calls back when so many hosts have been changed and the last of them is not confirmed yet. */
const inTheMiddle = (strike: () => void): void => {
  let changed = 0;
  fleet.onDeed = ({ what }) => {
    if (what === 'committed' && ++changed === 4) strike();
  };
};

/** What is true of a fleet whose rollout was cut short, and of the same after it was resumed. */
async function holdsUntilResumed(...place: string[]): Promise<void> {
  const confirmed = fleet.deeds.filter(({ what }) => what === 'confirmed').length;
  expect(confirmed).toBeGreaterThanOrEqual(4);
  expect(confirmed).toBeLessThan(hosts);
  expect([...fleet.hosts.values()].filter(({ isPending }) => isPending)).toEqual([]);
  const resumed = await run(['fleet', 'resume', 'hosts.ini', '--no-ssh-config', '--yes', ...place], {
    cwd: fleet.folder,
  });
  expect(resumed).toMatchObject({ code: 0, out: expect.stringContaining('finished: 12 hosts were taken') });
  expect(
    fleet.deeds
      .filter(({ what }) => what === 'committed')
      .map(({ host }) => host)
      .toSorted(),
  ).toEqual([...fleet.hosts.keys()]);
  expect(fleet.deeds.filter(({ what }) => what === 'rolled-back')).toEqual([]);
}

describe('a rollout that somebody wants to wait', () => {
  it('is paused by Ctrl-C, with every host that was begun confirmed', async () => {
    await using command = begin();
    inTheMiddle(() => command.interrupt());
    const { code, out } = await command.ended();
    expect(out).toMatch(/paused: somebody paused it\nGo on: postern fleet resume hosts\.ini/);
    expect(code).toBe(1);
    await holdsUntilResumed();
  });

  it('is paused from another terminal, which says when it is', async () => {
    await using command = begin();
    const middle = Promise.withResolvers<void>();
    inTheMiddle(middle.resolve);
    await middle.promise;
    const paused = await run(['fleet', 'pause', 'hosts.ini'], { cwd: fleet.folder });
    expect(paused).toMatchObject({ code: 0, err: '' });
    expect(paused.out).toMatch(/paused: somebody paused it\nGo on: postern fleet resume hosts\.ini/);
    expect(await command.ended()).toMatchObject({ code: 1, out: expect.stringContaining('paused') });
    const again = await run(['fleet', 'pause', 'hosts.ini'], { cwd: fleet.folder });
    expect(again).toMatchObject({ code: 3, err: expect.stringContaining('there is nothing to pause') });
    await holdsUntilResumed();
  });

  it('cannot be paused where nobody is at it', async () => {
    const none = await run(['fleet', 'pause', 'hosts.ini'], { cwd: fleet.folder });
    expect(none).toMatchObject({ code: 3, err: expect.stringContaining('none was begun') });
    await using command = begin();
    inTheMiddle(() => void command[Symbol.asyncDispose]());
    await expect(command.ended()).rejects.toThrow('did not end');
    const dead = await run(['fleet', 'pause', 'hosts.ini'], { cwd: fleet.folder });
    expect(dead).toMatchObject({
      code: 3,
      err: expect.stringContaining('it was cut short, or runs elsewhere'),
    });
  });
});

describeWith(['redis-server'], 'a rollout in Redis that somebody wants to wait', () => {
  it('is paused from another terminal, and nobody begins one more host', async () => {
    const redis = await startRedis();
    try {
      const place = ['--redis', `redis://127.0.0.1:${redis.port}`];
      await using command = begin(...place);
      const middle = Promise.withResolvers<void>();
      inTheMiddle(middle.resolve);
      await middle.promise;
      const [name, line] = onRunningFleet[0]!;
      const words = [...wordsOf(line, { INVENTORY: fleet.inventory }), ...place];
      const paused = await run(words, { cwd: fleet.folder });
      expect(paused.code).toBe(0);
      const report = JSON.parse(paused.out) as unknown;
      expect(report).toMatchObject({ phase: 'paused', because: 'somebody paused it' });
      expect(mistakesIn(name, report)).toEqual([]);
      expect(await command.ended()).toMatchObject({ code: 1 });
      await holdsUntilResumed(...place);
    } finally {
      await redis.stop();
    }
  });
});
