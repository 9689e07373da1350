import { count, known, unknown, type Evidence, type Fact } from './fact.ts';

/** Limits of all levels of the process's own cgroups, as `file: value`; the tightest counts. */
function levels(cgroup: Evidence, file: string): { path: string; value: string }[] {
  return cgroup
    .entries()
    .filter(({ key }) => key.endsWith(`/${file}`))
    .map(({ key, value }) => ({ path: key, value: value.trim() }));
}

/** A memory limit of version 1 that is none: the greatest number of pages. */
const noLimit = 2 ** 60;

function leastOf(cgroup: Evidence, files: readonly string[], what: string): Fact<number> {
  if (!cgroup.whole) return unknown('damaged', 'section cgroup');
  const found = files.flatMap((file) => levels(cgroup, file)).filter(({ value }) => value !== 'max');
  let least: { value: number; evidence: string } | undefined;
  for (const { path, value } of found) {
    // Beyond 2^53 there is no limit anyway.
    const number = /^\d{16,20}$/.test(value) ? Number(value) : count(value);
    if (number === undefined) return unknown('not-understood', `${path}: ${value}`);
    if (number < noLimit && number < (least?.value ?? Infinity))
      least = { value: number, evidence: `${path}: ${value}` };
  }
  return least ? known(least.value, least.evidence) : unknown('absent', what);
}

export function cgroupMemoryLimit(cgroup: Evidence): Fact<number> {
  return leastOf(cgroup, ['memory.max', 'memory.high', 'memory.limit_in_bytes'], 'no cgroup limits memory');
}

/** What the cgroup that limits memory uses now. */
export function cgroupMemoryUsage(cgroup: Evidence, limit: Fact<number>): number | undefined {
  if (!limit.known) return undefined;
  const folder = limit.evidence.slice(0, limit.evidence.lastIndexOf('/memory.'));
  const usage = ['memory.current', 'memory.usage_in_bytes'].flatMap((file) =>
    levels(cgroup, file).filter(({ path }) => path === `${folder}/${file}`),
  )[0];
  return usage && count(usage.value);
}

export function cgroupProcessLimit(cgroup: Evidence): Fact<number> {
  return leastOf(cgroup, ['pids.max'], 'no cgroup limits processes');
}

/** CPU time a second, in processors: v2 `cpu.max`, v1 `cfs_quota_us` over `cfs_period_us`. */
export function cgroupCpuQuota(cgroup: Evidence): Fact<number> {
  if (!cgroup.whole) return unknown('damaged', 'section cgroup');
  let least: { value: number; evidence: string } | undefined;
  const take = (path: string, quota: number | undefined, period: number | undefined): void => {
    if (!quota || !period) return;
    const value = quota / period;
    if (value < (least?.value ?? Infinity)) least = { value, evidence: `${path}: ${quota} of ${period} us` };
  };
  for (const { path, value } of levels(cgroup, 'cpu.max')) {
    const [quota = '', period = ''] = value.split(' ');
    if (quota !== 'max') take(path, count(quota), count(period));
  }
  for (const { path, value } of levels(cgroup, 'cpu.cfs_quota_us')) {
    const period = levels(cgroup, 'cpu.cfs_period_us').find(
      (level) => level.path === path.replace('quota', 'period'),
    );
    take(path, count(value), count(period?.value ?? ''));
  }
  return least ? known(least.value, least.evidence) : unknown('absent', 'no cgroup limits CPU time');
}
