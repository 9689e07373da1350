import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FleetError,
  inProcess,
  readInventory,
  readRollout,
  reportHtml,
  rollout,
  type FleetHost,
  type HostEvent,
  type Strategy,
} from '@postern/fleet';
import { connectToSimulated, greetAs } from './simulated/client.ts';
import { startSimulatedFleet, type SimulatedFleet } from './simulated/simulated-fleet.ts';

/** Twenty hosts; the 5th, 9th, 10th and 16th go wrong. */
const faults = new Map([
  [5, 'greeting'],
  [9, 'log'],
  [10, 'locked-out'],
  [16, 'greeting'],
] as const);

describe('a rollout', () => {
  let fleet: SimulatedFleet;
  let hosts: readonly FleetHost[];
  let number = 0;
  const journalFile = (): string => join(fleet.folder, `journal-${++number}.jsonl`);
  const runner = (journal: string | undefined, concurrency = 3): ReturnType<typeof inProcess> =>
    inProcess({ concurrency, connect: connectToSimulated, ...(journal !== undefined && { journal }) });
  const drain = async (events: AsyncIterable<HostEvent>): Promise<HostEvent[]> => {
    const all: HostEvent[] = [];
    for await (const event of events) all.push(event);
    return all;
  };
  const code = (error: unknown): string => (error instanceof FleetError ? error.code : String(error));

  beforeAll(async () => {
    fleet = await startSimulatedFleet(20, faults);
    ({ hosts } = await readInventory(fleet.inventory));
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('begins nobody after the failure that is one too many', async () => {
    const journal = journalFile();
    const strategy: Strategy = { canary: 2, waves: [4, '50%'], maxFailures: 1 };
    const run = rollout({ hosts, plan: greetAs('stop'), strategy, runner: runner(journal) });
    const events = await drain(run);
    const failures = events.flatMap((event, index) =>
      event.type === 'ended' && event.status !== 'applied' ? index : [],
    );
    expect(events.slice(failures[1]).filter(({ type }) => type === 'begun')).toEqual([]);
    expect(events.at(-1)).toMatchObject({
      type: 'stopped',
      because: '2 hosts have failed, and no more than 1 may',
    });
    const { counts, waves, hosts: states } = run.report();
    expect(waves.map(({ hosts: size }) => size)).toEqual([2, 4, 10, 4]);
    expect(counts.running).toBe(0);
    expect(counts.waiting).toBeGreaterThanOrEqual(8);
    expect(states.slice(16).every(({ status }) => status === 'waiting')).toBe(true);
    expect(await readRollout(journal)).toEqual(run.report());
  });

  it('lets no canary fail, whatever may fail later', async () => {
    const strategy: Strategy = { canary: ['mx0005'], maxFailures: 10 };
    const run = rollout({ hosts, plan: greetAs('canary'), strategy, runner: runner(undefined) });
    const events = await drain(run);
    expect(events.filter(({ type }) => type === 'begun')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: 'stopped', because: '1 host has failed, and none may' });
    expect(fleet.hosts.get('mx0005')!.main).not.toContain('canary');
  });

  it('pauses after the canary, goes on when resumed, and takes failed hosts again only when told so', async () => {
    const options = {
      hosts,
      plan: greetAs('pause'),
      label: 'pause',
      strategy: { pauseAfter: 'canary', maxFailures: '10%' } as const,
      runner: runner(journalFile()),
    };
    expect((await drain(rollout(options))).at(-1)).toMatchObject({
      type: 'paused',
      because: 'canary is through',
    });
    await expect(drain(rollout(options))).rejects.toSatisfy((error) => code(error) === 'unfinished');
    await expect(drain(rollout({ ...options, label: 'other', resume: true }))).rejects.toThrow(
      /was begun with "pause", and this is "other"/,
    );
    const missing = rollout({ ...options, hosts: hosts.slice(0, 19), resume: true });
    await expect(drain(missing)).rejects.toThrow(/has 1 hosts to go .*: mx0020\. Put them back/);
    const stopped = rollout({ ...options, resume: true });
    expect((await drain(stopped)).at(-1)).toMatchObject({ type: 'stopped' });
    const through = rollout({ ...options, resume: true });
    expect((await drain(through)).at(-1)).toMatchObject({ type: 'finished' });
    expect(through.report()).toMatchObject({ failures: 4, counts: { applied: 16 } });
    await expect(drain(rollout({ ...options, resume: true }))).rejects.toSatisfy(
      (error) => code(error) === 'nothing-to-resume',
    );
    const again = await drain(rollout({ ...options, resume: 'failed-too' }));
    const begun = again.flatMap((event) => (event.type === 'begun' ? event.host : []));
    expect(begun.toSorted()).toEqual(['mx0005', 'mx0009', 'mx0010', 'mx0016'].slice(0, begun.length));
  });

  it('holds and goes on in one process, and is aborted for good', async () => {
    const run = rollout({
      hosts: hosts.slice(0, 4),
      plan: greetAs('hold'),
      strategy: { canary: 0 },
      runner: runner(journalFile(), 1),
    });
    const seen: string[] = [];
    for await (const event of run) {
      if (event.type !== 'step') seen.push(event.type);
      if (event.type === 'begun' && event.host === 'mx0001') {
        run.pause();
        setTimeout(() => run.resume(), 100);
      }
      if (event.type === 'begun' && event.host === 'mx0002') run.abort('the admin said so');
    }
    expect(seen).toEqual(['rollout', 'wave', 'begun', 'ended', 'begun', 'ended', 'aborted']);
    expect(run.report()).toMatchObject({
      phase: 'aborted',
      because: 'the admin said so',
      counts: { applied: 2, waiting: 2 },
    });
  });

  it.each(['by its signal', 'when its reader leaves'])(
    'pauses %s and ends what is under way',
    async (how) => {
      const journal = journalFile();
      const stop = new AbortController();
      const plan = greetAs(how);
      const strategy: Strategy = { canary: 0, maxFailures: 4 };
      for await (const event of rollout({
        hosts,
        plan,
        strategy,
        runner: runner(journal),
        signal: stop.signal,
      })) {
        if (event.type !== 'ended') continue;
        if (how === 'by its signal') stop.abort();
        else break;
      }
      const report = (await readRollout(journal))!;
      expect(report).toMatchObject({ phase: 'paused', counts: { running: 0 } });
      expect(report.counts.waiting).toBeGreaterThan(10);
      const open = [...fleet.hosts.values()].filter(({ isPending }) => isPending);
      expect(open).toEqual([]);
    },
  );

  it('changes nothing where everything is so already, and plans each host by itself', async () => {
    const few = hosts.slice(0, 3);
    await drain(rollout({ hosts: few, plan: greetAs('same'), runner: runner(undefined) }));
    const before = fleet.deeds.length;
    const run = rollout({ hosts: few, plan: greetAs('same'), runner: runner(undefined) });
    await drain(run);
    expect(run.report().counts.unchanged).toBe(3);
    expect(fleet.deeds.length).toBe(before);
    const picky = rollout({
      hosts: few,
      strategy: { canary: 0, maxFailures: 3 },
      runner: runner(undefined),
      plan: async (site) => {
        if (site.host.name === 'mx0002') throw new Error('mx0002 has no certificate');
        return site.config.version === (await site.facts()).version ? undefined : greetAs('no')(site);
      },
    });
    await drain(picky);
    expect(picky.report().hosts.map(({ status, message }) => [status, message])).toEqual([
      ['unchanged', undefined],
      ['failed', 'mx0002 has no certificate'],
      ['unchanged', undefined],
    ]);
  });

  it('forgives a journal whose last line was cut short, and names a line that is damaged', async () => {
    const journal = journalFile();
    const options = {
      hosts: hosts.slice(0, 3),
      plan: greetAs('torn'),
      strategy: { pauseAfter: 'canary' } as const,
    };
    await drain(rollout({ ...options, runner: runner(journal) }));
    appendFileSync(journal, '{"type":"begun","host":"mx00');
    const resumed = rollout({ ...options, runner: runner(journal), resume: true });
    await drain(resumed);
    expect(resumed.report()).toMatchObject({ phase: 'finished', counts: { applied: 3 } });
    expect(
      readFileSync(journal, 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as unknown),
    ).toHaveLength(12);
    appendFileSync(journal, 'oops\n');
    await expect(readRollout(journal)).rejects.toThrow(
      /journal-\d+\.jsonl:13: this is no event of a rollout/,
    );
  });

  it('lets one process at a time have a journal', async () => {
    const options = { hosts: hosts.slice(0, 2), plan: greetAs('one'), runner: runner(journalFile()) };
    for await (const event of rollout(options)) {
      if (event.type !== 'wave') continue;
      await expect(drain(rollout(options))).rejects.toThrow(/another process is at this rollout/);
      break;
    }
  });

  it.each([
    [
      { canary: 'many' },
      'strategy: canary cannot be "many". Write a count such as 5, or a share such as "10%".',
    ],
    [{ canary: ['mx9'] }, 'strategy: canary names mx9, which is not among the hosts.'],
    [{ waves: [0] }, 'strategy: waves has a wave of no hosts. Write at least 1.'],
    [{ waves: ['110%'] }, /waves cannot be "110%"/],
    [{ maxFailures: -1 }, /maxFailures cannot be -1/],
    [{ soak: Number.NaN }, 'strategy: soak is NaN. Write milliseconds.'],
  ])('refuses the strategy %j', async (strategy, message) => {
    const run = rollout({
      hosts,
      plan: greetAs('bad'),
      strategy: strategy as Strategy,
      runner: runner(undefined),
    });
    await expect(drain(run)).rejects.toThrow(message);
  });

  it('shows what became of the hosts on a page', async () => {
    const run = rollout({
      hosts: hosts.slice(0, 5).map((host) => ({ ...host, name: `<${host.name}>` })),
      plan: greetAs('page'),
      label: 'a <greeting>',
      strategy: { maxFailures: 1 },
      runner: runner(undefined),
    });
    await drain(run);
    const html = reportHtml(run.report());
    expect(html).toContain('a &lt;greeting&gt;');
    expect(html).toContain('&lt;mx0005&gt;');
    expect(html).toContain('greets with 421 too busy');
    expect(html).not.toContain('<mx0005>');
  });
});
