import { count, decimal, known, unknown, valueOf, type Evidence, type Fact } from './fact.ts';
import { cgroupCpuQuota } from './cgroup.ts';
import type { Cpu, Pressure } from './host-facts.ts';

/** Processors, what a cgroup leaves of them, and where their time went. */
export function readCpu(cpu: Evidence, virt: Evidence, cgroup: Evidence): Cpu {
  const online = cpu.fact('/sys/devices/system/cpu/online', countRange);
  const allowed = cpu.fact('/proc/self/status', (text) =>
    countRange(text.replace(/^Cpus_allowed_list:\s*/, '')),
  );
  const processors = cpu.fact('processors', (text) => count(text) || undefined);
  const candidates = [online, allowed, processors].filter((fact) => fact.known);
  const least = candidates.toSorted((a, b) => a.value - b.value)[0];
  const total: Fact<number> = least ?? online;
  const quota = cgroupCpuQuota(cgroup);
  const quotaValue = valueOf(quota);
  const times = cpu
    .all('/proc/stat')
    .find((line) => line.startsWith('cpu '))
    ?.trim()
    .split(/\s+/)
    .slice(1)
    .map((text) => count(text));
  return {
    count: total,
    quota,
    usable:
      quotaValue !== undefined && total.known && quotaValue < total.value
        ? known(quotaValue, quota.evidence)
        : total,
    model: virt.fact('cpuinfo.model name', (text) => text || undefined),
    steal: shareOf(cpu, times, 7),
    iowait: shareOf(cpu, times, 4),
    load: cpu.fact('/proc/loadavg', (text) => {
      const [one, five, fifteen] = text.split(' ').slice(0, 3).map(decimal);
      return one === undefined || five === undefined || fifteen === undefined
        ? undefined
        : [one, five, fifteen];
    }),
  };
}

/** `0-3,8` has five. */
function countRange(text: string): number | undefined {
  let total = 0;
  for (const part of text.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part.trim());
    if (!match) return undefined;
    const [from, to] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (to < from) return undefined;
    total += to - from + 1;
  }
  return total;
}

/** Columns of /proc/stat: user nice system idle iowait irq softirq steal. */
function shareOf(
  cpu: Evidence,
  times: readonly (number | undefined)[] | undefined,
  column: number,
): Fact<number> {
  if (!times) return cpu.missing('/proc/stat');
  const first = times.slice(0, 8);
  if (first.length < 8 || first.some((value) => value === undefined))
    return unknown('not-understood', `/proc/stat: ${times.join(' ')}`);
  const all = (first as number[]).reduce((sum, value) => sum + value, 0);
  return all === 0
    ? unknown('not-understood', '/proc/stat: no time has passed')
    : known(first[column]! / all, `/proc/stat, since boot: ${first[column]} of ${all} ticks`);
}

/** `/proc/pressure/NAME`, both lines. */
export function readPressure(psi: Evidence, name: 'cpu' | 'io' | 'memory'): Fact<Pressure> {
  const key = `/proc/pressure/${name}`;
  const lines = psi.all(key);
  if (lines.length === 0) return psi.missing(key);
  const read = (kind: string): readonly [number, number, number] | undefined => {
    const line = lines.find((text) => text.startsWith(`${kind} `));
    const match = /avg10=(\d+\.\d+) avg60=(\d+\.\d+) avg300=(\d+\.\d+)/.exec(line ?? '');
    const shares = match?.slice(1).map((text) => Number(text) / 100);
    return shares?.every((share) => share <= 1) ? (shares as [number, number, number]) : undefined;
  };
  const some = read('some');
  if (!some) return unknown('not-understood', `${key}: ${lines[0]}`);
  // Kernels before 5.13 have no `full` line for the CPU.
  return known({ some, full: read('full') ?? [0, 0, 0] }, `${key}: ${lines.join('; ')}`);
}
