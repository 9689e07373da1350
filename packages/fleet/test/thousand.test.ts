import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRollout, type HostEvent, type RolloutReport } from '@postern/fleet';
import { startSimulatedFleet, type SimulatedFleet } from './simulated/simulated-fleet.ts';
import type { Deed, Fault } from './simulated/simulated-host.ts';

type Line = HostEvent | { readonly type: 'heap'; readonly ended: number; readonly bytes: number };

/** Three in a hundred go wrong, each kind as often. */
const kinds: readonly Fault[] = ['greeting', 'log', 'locked-out'];
const faults = new Map(
  Array.from({ length: 30 }, (_, index) => [20 + index * 33, kinds[index % 3]!] as const),
);

describe('a thousand hosts, three in a hundred of which go wrong', () => {
  let fleet: SimulatedFleet;
  let journal: string;
  let report: RolloutReport;
  const first: Line[] = [];
  const second: Line[] = [];
  let killedAt: readonly Deed[] = [];

  const controller = (how: 'begin' | 'resume', lines: Line[]): ChildProcess => {
    const child = spawn(
      process.execPath,
      [
        '--expose-gc',
        '--conditions=@postern/source',
        join(import.meta.dirname, 'simulated/controller.ts'),
        fleet.inventory,
        journal,
        how,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as Line));
    return child;
  };

  beforeAll(async () => {
    fleet = await startSimulatedFleet(1000, faults);
    journal = join(fleet.folder, 'journal.jsonl');
    const begun = controller('begin', first);
    // Killed between a change and its confirmation, with others in every state there is.
    fleet.onDeed = ({ what }) => {
      if (what !== 'committed' || fleet.deeds.filter((deed) => deed.what === 'committed').length < 320)
        return;
      fleet.onDeed = undefined;
      begun.kill('SIGKILL');
    };
    await once(begun, 'close');
    killedAt = [...fleet.deeds];
    const resumed = controller('resume', second);
    const [status] = (await once(resumed, 'close')) as [number | null];
    if (status !== 0) throw new Error(`the resumed controller ended with ${status}`);
    report = (await readRollout(journal))!;
  }, 600_000);
  afterAll(() => fleet[Symbol.asyncDispose]());

  it('was killed in the middle, with hosts changed and not confirmed', () => {
    const open = new Set<string>();
    for (const { host, what } of killedAt) {
      if (what === 'committed') open.add(host);
      else open.delete(host);
    }
    expect(open.size).toBeGreaterThan(0);
    expect(killedAt.filter(({ what }) => what === 'confirmed').length).toBeGreaterThan(200);
    expect(first.some(({ type }) => type === 'finished')).toBe(false);
  });

  it('takes every host to its end after the resume: none twice, none forgotten', () => {
    expect(report.counts).toEqual({
      waiting: 0,
      running: 0,
      unchanged: 0,
      applied: 970,
      'rolled-back': 20,
      failed: 10,
      unknown: 0,
    });
    const confirmed = new Map<string, number>();
    for (const { host, what } of fleet.deeds)
      if (what === 'confirmed') confirmed.set(host, (confirmed.get(host) ?? 0) + 1);
    const numbers = [...fleet.hosts.values()].map(({ name, fault, main }) => ({
      name,
      confirmed: confirmed.get(name) ?? 0,
      changed: /^smtpd_banner = (.*)$/m.exec(main)?.[1],
      fault,
    }));
    expect(numbers).toEqual(
      numbers.map(({ name, fault }) => ({
        name,
        confirmed: fault ? 0 : 1,
        changed: fault ? undefined : `$myhostname ESMTP first ${name}`,
        fault,
      })),
    );
  });

  it('begins no wave before the last host of the one before has ended', () => {
    expect(report.waves.map(({ hosts }) => hosts)).toEqual([5, 50, 200, 500, 245]);
    const waveOf = new Map(report.hosts.map(({ host, wave }) => [host, wave]));
    const order = fleet.deeds.map(({ host }) => waveOf.get(host)!);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('has one change at a time on each host', () => {
    const open = new Map<string, string>();
    const astray = fleet.deeds.filter(({ host, what, id }) => {
      const before = open.get(host);
      if (what === 'committed') open.set(host, id);
      else open.delete(host);
      return before !== (what === 'committed' ? undefined : id);
    });
    expect(astray).toEqual([]);
    expect(open.size).toBe(0);
  });

  it('says of each host that failed why, and of each wave how many', () => {
    const failed = report.hosts.filter(({ status }) => status !== 'applied');
    const why = { greeting: /greets with 421/, log: /fatal: no/, 'locked-out': /sshd let nobody in/ };
    expect(failed).toHaveLength(30);
    for (const { host, message } of failed) expect(message).toMatch(why[fleet.hosts.get(host)!.fault!]);
    expect(report.waves.reduce((sum, { failures }) => sum + failures, 0)).toBe(30);
    expect(report).toMatchObject({ phase: 'finished', because: '1000 hosts were taken, 30 failed' });
  });

  it('keeps its memory flat', () => {
    const heap = second.flatMap((line) => (line.type === 'heap' ? line.bytes / 2 ** 20 : []));
    expect(heap.length).toBeGreaterThanOrEqual(5);
    expect(heap.at(-1)! - heap[1]!).toBeLessThan(8);
  });

  it('has every event that was shown in the journal, in order', () => {
    const shown = [...first, ...second]
      .filter(({ type }) => type !== 'heap')
      .map((line) => JSON.stringify(line));
    const kept = readFileSync(journal, 'utf8').split('\n').filter(Boolean);
    // What the killed one had written down and had no time to show.
    const unseen = kept.filter((line) => !shown.includes(line));
    expect(unseen.length).toBeLessThanOrEqual(20);
    expect(kept.filter((line) => shown.includes(line))).toHaveLength(shown.length);
  });
});
