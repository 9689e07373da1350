import { cgroupMemoryLimit, cgroupMemoryUsage } from './cgroup.ts';
import { count, known, unknown, type Evidence, type Fact } from './fact.ts';
import type { Beancounter, Memory } from './host-facts.ts';

const page = 4096;
/** Beancounters write "no limit" as the greatest long. */
const noPages = 2 ** 50;

/** Memory, swap, and what a cgroup or a beancounter leaves of them. */
export function readMemory(
  memory: Evidence,
  cgroup: Evidence,
  beancounters: Fact<Readonly<Record<string, Beancounter>>>,
): Memory {
  const meminfo = (name: string): Fact<number> => {
    const line = memory.all('/proc/meminfo').find((text) => text.startsWith(`${name}:`));
    if (line === undefined) return memory.missing('/proc/meminfo');
    const kilobytes = count(/^\w+: *(\d+) kB$/.exec(line.trim())?.[1] ?? '');
    return kilobytes === undefined
      ? unknown('not-understood', `/proc/meminfo: ${line}`)
      : known(kilobytes * 1024, `/proc/meminfo: ${line.replaceAll(/\s+/g, ' ')}`);
  };
  const total = meminfo('MemTotal');
  const direct = meminfo('MemAvailable');
  const [free, buffers, cached] = [meminfo('MemFree'), meminfo('Buffers'), meminfo('Cached')];
  // Kernels before 3.14 do not say what is available.
  const available =
    !direct.known && free.known && buffers.known && cached.known
      ? known(free.value + buffers.value + cached.value, 'MemFree + Buffers + Cached')
      : direct;

  const pages = beancounters.known ? beancounters.value : {};
  const guaranteed = pages['vmguarpages']?.barrier ?? pages['oomguarpages']?.barrier;
  const private_ = pages['privvmpages'];
  const hard = pages['physpages']?.limit;
  const bean = [private_?.limit, hard]
    .filter((value) => value !== undefined && value < noPages)
    .toSorted((a, b) => a! - b!)[0];
  const group = cgroupMemoryLimit(cgroup);
  const limit: Fact<number> =
    bean !== undefined && bean * page < (group.known ? group.value : Infinity)
      ? known(bean * page, `/proc/user_beancounters: ${bean} pages`)
      : group;
  const used =
    bean !== undefined && limit.known && limit.value === bean * page
      ? (private_?.held ?? 0) * page
      : cgroupMemoryUsage(cgroup, group);
  return {
    total,
    available,
    limit,
    usable: usableOf(available, limit, used),
    burst:
      guaranteed !== undefined && bean !== undefined && guaranteed < bean
        ? known(
            (bean - guaranteed) * page,
            `/proc/user_beancounters: ${guaranteed} of ${bean} pages are guaranteed`,
          )
        : unknown('absent', 'no beancounter gives memory for a while only'),
    swapTotal: meminfo('SwapTotal'),
    swapFree: meminfo('SwapFree'),
    swapped: swapped(memory),
  };
}

function usableOf(available: Fact<number>, limit: Fact<number>, used: number | undefined): Fact<number> {
  if (!limit.known) return available;
  // Without the usage only half of the limit is counted on.
  const left = used === undefined ? limit.value / 2 : Math.max(0, limit.value - used);
  if (available.known && available.value <= left) return available;
  return known(
    left,
    used === undefined ? `half of ${limit.evidence}` : `${limit.evidence}, ${used} bytes used`,
  );
}

function swapped(memory: Evidence): Fact<number> {
  const lines = memory.all('/proc/vmstat').map((line) => line.trim().split(' '));
  const numbers = ['pswpin', 'pswpout'].map((name) => count(lines.find(([key]) => key === name)?.[1] ?? ''));
  const [read, written] = numbers;
  return read === undefined || written === undefined
    ? memory.missing('/proc/vmstat')
    : known(read + written, `/proc/vmstat: ${read} in, ${written} out`);
}

/** The rows of /proc/user_beancounters: `resource held maxheld barrier limit failcnt`. */
export function readBeancounters(memory: Evidence): Fact<Readonly<Record<string, Beancounter>>> {
  const lines = memory.all('/proc/user_beancounters');
  if (lines.length === 0) return memory.missing('/proc/user_beancounters');
  const rows: Record<string, Beancounter> = {};
  for (const line of lines) {
    const match = /^\s*(?:\d+:\s+)?([a-z]{3,20})\s+(\d+)\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line);
    if (!match) continue;
    const [held = 0, barrier = 0, limit = 0, failures = 0] = match.slice(2).map(Number);
    if (match[1] !== 'dummy') rows[match[1]!] = { held, barrier, limit, failures };
  }
  return Object.keys(rows).length === 0
    ? unknown('not-understood', '/proc/user_beancounters')
    : known(rows, `/proc/user_beancounters, ${Object.keys(rows).length} resources`);
}
