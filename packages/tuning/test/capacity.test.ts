import { describe, expect, it } from 'vitest';
import { bindingBound, boundsSvg, boundsText, capacity, type Workload } from '../src/index.ts';
import { configuration, fact, healthyHost } from './example-host.ts';

const workload: Workload = {
  inbound: { connectionsPerSecond: 50, sessionSeconds: 1 },
  commit: { p50: 0.02, groupedPerSecond: 150, groupedWriters: 32, method: 'fio' },
  destinations: [
    { nexthop: 'slow.example', messagesPerSecond: 40, deliverySeconds: 1 },
    { nexthop: 'fast.example', messagesPerSecond: 10, deliverySeconds: 0.05 },
  ],
};
const bounds = capacity(healthyHost(), configuration(), workload);

describe('capacity', () => {
  it('names what binds and what lifting it would give', () => {
    expect(
      bounds.map(({ id, perSecond }) => [id, perSecond === undefined ? undefined : Math.round(perSecond)]),
    ).toEqual([
      ['disk-serial', 50],
      ['disk-grouped', Math.round((150 * 100) / 32)],
      ['cpu', Math.round(4 / 0.00215)],
      ['memory', Math.floor((8_000_000 * 1024) / (1.24 * 2 ** 20))],
      ['processes', 100],
      ['destination', 25],
    ]);
    expect(bindingBound(bounds)).toMatchObject({ id: 'destination', perSecond: 25, lifted: 100 });
  });
  it('leaves unknown what nobody measured', () => {
    const known = capacity(healthyHost(), configuration()).filter(({ perSecond }) => perSecond !== undefined);
    expect(known.map(({ id }) => id)).toEqual(['cpu']);
  });
  const commits = (perSecond: number | undefined, maxproc = '-'): (string | number | undefined)[] => {
    const commit = { p50: 0.02, method: 'fio', groupedWriters: 32 };
    const binding = bindingBound(
      capacity(
        healthyHost(),
        { ...configuration(), master: `smtp inet n - n - ${maxproc} smtpd\n` },
        { commit: perSecond === undefined ? commit : { ...commit, groupedPerSecond: perSecond } },
      ),
    );
    return [binding?.id, binding?.perSecond];
  };
  it('holds a disk for serial only where commits wait for each other', () => {
    expect(commits(undefined)[0]).toBe('cpu');
    expect(commits(undefined, '1')).toEqual(['disk-serial', 50]);
    expect(commits(52)).toEqual(['disk-serial', 52]);
  });
  it('sees no end of a disk that takes as many commits as there are writers, and bounds one that does not', () => {
    expect(commits(1500)[0]).toBe('cpu');
    expect(commits(160)).toEqual(['disk-grouped', 500]);
    expect(commits(160, '16')).toEqual(['disk-grouped', 160]);
  });
  it('counts with the shortest session that the log leaves possible, and knows nothing where that is none', () => {
    const rates = (sessionError: number): (number | undefined)[] =>
      capacity(healthyHost(), configuration(), {
        inbound: { connectionsPerSecond: 1, sessionSeconds: 2, sessionError, messagesPerSession: 3 },
      }).flatMap(({ id, perSecond }) => (id === 'processes' ? [perSecond] : []));
    expect(rates(0)).toEqual([150]);
    expect(rates(1)).toEqual([300]);
    expect(rates(2)).toEqual([undefined]);
  });
  it('lets no process limit of a cgroup stand above the one of Postfix', () => {
    const host = healthyHost((facts) => ({ limits: { ...facts.limits, cgroupProcesses: fact(40) } }));
    const [bound] = capacity(host, configuration(), workload).filter(({ id }) => id === 'processes');
    expect(bound?.perSecond).toBe(40);
  });
  it('is drawn as text', () => {
    const lines = boundsText(bounds, { measured: 18 }).split('\n');
    expect(lines[5]).toMatch(/^destination slow\.example  +█+ +25\/s {2}← binds; without it 100\/s$/);
    expect(lines[6]).toMatch(/^measured .* 18\/s$/);
  });
  it('is drawn as SVG, with names that are text and nothing else', () => {
    const evil = capacity(healthyHost(), configuration(), {
      destinations: [{ nexthop: '<script>&"', messagesPerSecond: 1, deliverySeconds: 1 }],
    });
    const svg = boundsSvg(evil);
    expect(svg).toMatch(/^<svg\b[^]*<\/svg>$/);
    expect(svg).not.toContain('<script>');
    expect(svg).toContain('(binds)');
  });
});
