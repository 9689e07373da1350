import { describe, expect, it } from 'vitest';
import { bindingBound, boundsSvg, boundsText, capacity, type Workload } from '../src/index.ts';
import { configuration, healthyHost } from './example-host.ts';

const workload: Workload = {
  inbound: { connectionsPerSecond: 50, sessionSeconds: 1 },
  commit: { p50: 0.02, groupedPerSecond: 220, method: 'fio' },
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
      ['disk-grouped', 220],
      ['cpu', 930],
      ['memory', 1449],
      ['processes', 100],
      ['destination', 25],
    ]);
    expect(bindingBound(bounds)).toMatchObject({ id: 'destination', perSecond: 25, lifted: 100 });
  });
  it('leaves unknown what nobody measured', () => {
    const known = capacity(healthyHost(), configuration()).filter(({ perSecond }) => perSecond !== undefined);
    expect(known.map(({ id }) => id)).toEqual(['cpu']);
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
    expect(svg).toMatch(/^<svg .*<\/svg>$/);
    expect(svg).not.toContain('<script>');
    expect(svg).toContain('(binds)');
  });
});
