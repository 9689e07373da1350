import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { isDiskBound } from '../recommend/pressure.ts';
import { sysctlPermission } from '../sysctl/scope.ts';
import type { CommitLatency } from '../workload.ts';

/** One row of the table that tells a cheap container from a machine of one's own, for the host at hand. */
export interface GuideRow {
  readonly question: 'disk' | 'kernel' | 'memory';
  readonly label: string;
  readonly answer: string;
  /** Whether mail can rely on it; undefined where that is not known. */
  readonly good: boolean | undefined;
  readonly evidence: readonly string[];
}

/** Disk dedicated or contended, kernel tuning possible or not, memory guaranteed or burst: by evidence, not by name. */
export function guideTable(facts: HostFacts, commit?: CommitLatency): GuideRow[] {
  return [disk(facts, commit), kernel(facts), memory(facts)];
}

function disk(facts: HostFacts, commit: CommitLatency | undefined): GuideRow {
  const row = { question: 'disk', label: 'Disk I/O' } as const;
  const evidence = [facts.pressure.io, facts.cpu.iowait, facts.cpu.steal].flatMap((fact) =>
    fact.known ? [fact.evidence] : [],
  );
  if (commit)
    evidence.push(
      `${commit.method}: a commit takes ${commit.p50} s, one in a hundred ${commit.p99 ?? 'not known'}`,
    );
  const jitter = commit?.p99 !== undefined && commit.p99 > 20 * commit.p50 && commit.p99 > 0.02;
  const stolen = (valueOf(facts.cpu.steal) ?? 0) > 0.05;
  if (isDiskBound(facts) || jitter || stolen) {
    const signs = [
      isDiskBound(facts) && 'tasks wait for it',
      jitter && 'commits take much longer now and then',
      stolen && 'the machine’s CPU is shared',
    ].filter(Boolean);
    return { ...row, answer: `contended: ${signs.join(', ')}`, good: false, evidence };
  }
  const container = valueOf(facts.virtualisation.container);
  if (valueOf(facts.virtualisation.machine) === 'bare-metal' && container === 'none')
    return {
      ...row,
      answer: 'dedicated: nobody else is on this machine',
      good: true,
      evidence: [facts.virtualisation.machine.evidence, ...evidence],
    };
  if (!commit)
    return {
      ...row,
      answer: 'shared with others; quiet now. Measure: postern tune measure --commit',
      good: undefined,
      evidence,
    };
  return { ...row, answer: 'shared with others, and steady when it was measured', good: true, evidence };
}

function kernel(facts: HostFacts): GuideRow {
  const keys = Object.keys(facts.sysctl);
  const own = keys.filter((key) => sysctlPermission(facts, key) === 'here');
  const row = { question: 'kernel', label: 'Kernel tuning' } as const;
  const evidence = [
    facts.virtualisation.container.evidence,
    `${own.length} of ${keys.length} settings can be changed here`,
  ];
  if (keys.length === 0 || !facts.virtualisation.container.known)
    return { ...row, answer: 'not known', good: undefined, evidence };
  if (valueOf(facts.virtualisation.container) === 'none')
    return { ...row, answer: 'full control', good: true, evidence };
  return own.length > 0
    ? {
        ...row,
        answer: 'network settings of this container only; the rest is the host’s',
        good: undefined,
        evidence,
      }
    : { ...row, answer: 'impossible: the kernel is the host’s', good: false, evidence };
}

function memory(facts: HostFacts): GuideRow {
  const row = { question: 'memory', label: 'Memory' } as const;
  const { limit, burst, total } = facts.memory;
  if (burst.known)
    return {
      ...row,
      answer: 'burst: beyond the guarantee it may be taken away',
      good: false,
      evidence: [burst.evidence],
    };
  if (limit.known)
    return {
      ...row,
      answer: 'limited by a cgroup: beyond it processes are killed',
      good: undefined,
      evidence: [limit.evidence],
    };
  if (!total.known) return { ...row, answer: 'not known', good: undefined, evidence: [total.evidence] };
  const container = valueOf(facts.virtualisation.container);
  if (container === 'none')
    return {
      ...row,
      answer: 'guaranteed, as far as this machine can see',
      good: true,
      evidence: [total.evidence],
    };
  return {
    ...row,
    answer: 'shared with the host, without a limit of its own',
    good: undefined,
    evidence: [total.evidence],
  };
}
