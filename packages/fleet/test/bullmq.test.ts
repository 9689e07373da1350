import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, freePort, startDaemon, type Daemon } from '@postern/testbed';
import {
  onBullmq,
  readInventory,
  readRollout,
  rollout,
  startFleetWorker,
  type HostEvent,
  type RolloutReport,
  type Site,
} from '@postern/fleet';
import { keysOf } from '../src/bullmq/keys.ts';
import { beginHost, endHost } from '../src/bullmq/ledger.ts';
import { connectRedis, load } from '../src/bullmq/redis.ts';
import { Gate } from '../src/rollout/gate.ts';
import { connectToSimulated, greetAs } from './simulated/client.ts';
import { startSimulatedFleet, type SimulatedFleet } from './simulated/simulated-fleet.ts';
import type { Fault } from './simulated/simulated-host.ts';

const kinds: readonly Fault[] = ['greeting', 'log', 'locked-out'];
const faults = new Map(
  Array.from({ length: 30 }, (_, index) => [20 + index * 33, kinds[index % 3]!] as const),
);

/** A Redis that keeps everything on disk, so that it can be killed and started again. */
function startLastingRedis(port: number, folder: string): Promise<Daemon> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  return startDaemon('redis-server', [...args, '--appendonly', 'yes', '--appendfsync', 'always'], {
    ready: (output) => output.includes('Ready to accept connections'),
  });
}

function startProgram(name: string, ...args: string[]): Promise<Daemon> {
  const file = join(import.meta.dirname, 'simulated', name);
  return startDaemon(process.execPath, ['--conditions=@postern/source', file, ...args], {
    ready: (output) => output.includes('\n'),
    within: 60_000,
  });
}

describeWith(['redis-server'], 'a thousand hosts on BullMQ', () => {
  let fleet: SimulatedFleet;
  let redis: Daemon;
  let url: string;
  let report: RolloutReport;
  const running: Daemon[] = [];

  beforeAll(async () => {
    fleet = await startSimulatedFleet(1000, faults);
    const port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    redis = await startLastingRedis(port, fleet.folder);
    const workers = await Promise.all(['one', 'two'].map((name) => startProgram('worker.ts', url, name)));
    let coordinator = await startProgram('coordinator.ts', fleet.inventory, url, 'begin');
    running.push(...workers, coordinator);
    // Each strikes between a change and its confirmation.
    await committed(150);
    workers[0]!.signal('SIGKILL');
    await committed(300);
    redis.signal('SIGKILL');
    await redis.stop();
    redis = await startLastingRedis(port, fleet.folder);
    const third = await startProgram('worker.ts', url, 'three');
    running.push(third);
    await committed(500);
    coordinator.signal('SIGKILL');
    await coordinator.stop();
    coordinator = await startProgram('coordinator.ts', fleet.inventory, url, 'resume');
    running.push(coordinator);
    await atMost(200, 'the rollout finishes', async (signal) => {
      while (!signal.aborted && !coordinator.output().includes('finished')) await sleep(100);
    });
    report = (await readRollout({ url }))!;
  }, 500_000);
  afterAll(async () => {
    await Promise.all(running.map((each) => each.stop()));
    await redis.stop();
    await fleet[Symbol.asyncDispose]();
  });

  async function committed(count: number): Promise<void> {
    const reached = Promise.withResolvers<void>();
    let left = count - fleet.deeds.filter(({ what }) => what === 'committed').length;
    fleet.onDeed = ({ what }) => {
      if (what === 'committed' && --left <= 0) reached.resolve();
    };
    await atMost(100, `${count} hosts are changed`, () => reached.promise);
    fleet.onDeed = undefined;
  }

  /** Says what every program printed where one of them does not come on. */
  async function atMost(
    seconds: number,
    what: string,
    wait: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const signal = AbortSignal.timeout(seconds * 1000);
    const late = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => {
        const printed = running.map((each) => `--- ${each.pid}\n${each.output()}`).join('\n');
        reject(new Error(`after ${seconds} s still not: ${what}\n${printed}`));
      }),
    );
    await Promise.race([wait(signal), late]);
  }

  it('takes every host to its end, though a worker, Redis and the coordinator were killed', () => {
    expect(report).toMatchObject({ phase: 'finished', because: '1000 hosts were taken, 30 failed' });
    expect(report.counts).toMatchObject({ applied: 970, waiting: 0, running: 0, unknown: 0, unchanged: 0 });
    const confirmed = fleet.deeds.flatMap(({ host, what }) => (what === 'confirmed' ? host : []));
    expect(new Set(confirmed).size).toBe(confirmed.length);
    const wrong = [...fleet.hosts.values()].filter(
      ({ name, fault, main, isPending }) =>
        isPending || main.includes(`ESMTP first ${name}\n`) === (fault !== undefined),
    );
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  it('has one change at a time on each host, though hosts were taken over', () => {
    const open = new Map<string, string>();
    const astray = fleet.deeds.filter(({ host, what, id }) => {
      const before = open.get(host);
      if (what === 'committed') open.set(host, id);
      else open.delete(host);
      return before !== (what === 'committed' ? undefined : id);
    });
    expect(astray).toEqual([]);
    expect(report.hosts.filter(({ attempts }) => attempts > 1).length).toBeGreaterThan(0);
  });

  it('begins no wave before the last host of the one before has ended', () => {
    const waveOf = new Map(report.hosts.map(({ host, wave }) => [host, wave]));
    const order = fleet.deeds.map(({ host }) => waveOf.get(host)!);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });
});

describeWith(['redis-server'], 'a rollout on BullMQ', () => {
  let fleet: SimulatedFleet;
  let redis: Daemon;
  let url: string;

  beforeAll(async () => {
    fleet = await startSimulatedFleet(
      20,
      new Map([
        [5, 'greeting'],
        [9, 'log'],
        [10, 'locked-out'],
      ]),
    );
    const port = await freePort();
    url = `redis://127.0.0.1:${port}`;
    redis = await startLastingRedis(port, fleet.folder);
  });
  afterAll(async () => {
    await redis.stop();
    await fleet[Symbol.asyncDispose]();
  });

  it('stops on every worker at the failure that is one too many, and is gone on with', async () => {
    const plans = { greeting: (site: Site, input: unknown) => greetAs(String(input))(site) };
    const options = { url, concurrency: 2, connect: connectToSimulated, plans };
    await using _one = await startFleetWorker({ ...options, name: 'one' });
    await using _two = await startFleetWorker({ ...options, name: 'two' });
    const { hosts } = await readInventory(fleet.inventory);
    const start = (resume: boolean, strategy = {}): ReturnType<typeof rollout> =>
      rollout({ hosts, plan: { name: 'greeting', input: 'x' }, strategy, resume, runner: onBullmq({ url }) });
    const drain = async (events: AsyncIterable<HostEvent>): Promise<HostEvent[]> => {
      const all: HostEvent[] = [];
      for await (const event of events) if (event.type !== 'step') all.push(event);
      return all;
    };
    const events = await drain(start(false, { maxFailures: 1 }));
    const failures = events.flatMap((event, index) =>
      event.type === 'ended' && event.status !== 'applied' ? index : [],
    );
    expect(failures.length).toBeGreaterThanOrEqual(2);
    expect(events.slice(failures[1]).filter(({ type }) => type === 'begun')).toEqual([]);
    expect(events.at(-1)).toMatchObject({ type: 'stopped' });
    expect(new Set(events.flatMap((event) => (event.type === 'begun' ? event.worker : [])))).toEqual(
      new Set(['one', 'two']),
    );
    expect((await readRollout({ url }))!.counts.waiting).toBeGreaterThan(0);
    expect((await drain(start(true))).at(-1)).toMatchObject({ type: 'finished' });
    expect((await readRollout({ url }))!.counts).toMatchObject({ applied: 17, waiting: 0 });
  });

  it('hears what workers have said between its first look and its first word', async () => {
    const place = { url, prefix: 'unheard' };
    const [host] = (await readInventory(fleet.inventory)).hosts;
    const at = new Date().toISOString();
    const id = '20260101T000000Z-00c0ffee';
    const waves = [{ name: 'wave 1', hosts: [host!.name] }];
    const first = await onBullmq(place).open(() => {});
    await first.begin({ type: 'rollout', id, label: 'x', strategy: {}, waves, allowed: 0, at });
    await first.close();
    const second = await onBullmq(place).open(() => {});
    const worker = await connectRedis(place);
    const about = { host: host!.name, wave: 0, at } as const;
    const keys = keysOf(place);
    await worker.hSet(keys.gate(id), 'closed', '');
    await beginHost(worker, keys, id, { ...about, type: 'begun', change: 'one' });
    await endHost(worker, keys, id, { ...about, type: 'ended', status: 'applied', seconds: 1 }, 'one');
    worker.destroy();
    await second.note({ type: 'resumed', again: [], at });
    const events: string[] = [];
    await second.work({
      rollout: id,
      wave: 0,
      plan: { name: 'greeting' },
      hosts: [{ host: host!, begunBefore: false }],
      gate: new Gate(0),
      emit: ({ type }) => void events.push(type),
    });
    await second.close();
    expect(events).toEqual(['begun', 'ended']);
  });

  it('fails each host by itself where the workers do not know the plan', async () => {
    await using _worker = await startFleetWorker({ url, connect: connectToSimulated, plans: {} });
    const { hosts } = await readInventory(fleet.inventory);
    const runner = onBullmq({ url });
    const run = rollout({ hosts: hosts.slice(0, 1), plan: { name: 'other' }, supersede: true, runner });
    let last: HostEvent | undefined;
    for await (const event of run) if (event.type === 'ended') last = event;
    expect(last).toMatchObject({ status: 'failed', message: /this worker knows no plan "other"/ });
  });

  it('says what to install where a package is missing', async () => {
    const absent = load(() => Promise.reject(new Error('Cannot find package')), 'bullmq');
    await expect(absent).rejects.toThrow(/^bullmq is not installed, .*: npm install bullmq redis$/);
  });

  it('says which Redis does not answer, without its password', async () => {
    const { hosts } = await readInventory(fleet.inventory);
    const runner = onBullmq({ url: `redis://:secret@127.0.0.1:${await freePort()}` });
    const run = rollout({ hosts, plan: { name: 'greeting' }, runner });
    const first = run[Symbol.asyncIterator]().next();
    await expect(first).rejects.toThrow(
      /^redis:\/\/…@127\.0\.0\.1:\d+: Redis does not answer: .*ECONNREFUSED/,
    );
  });
});
