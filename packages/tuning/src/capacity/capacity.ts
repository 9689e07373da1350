import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { processBudget } from '../recommend/process-budget.ts';
import { Settings, type Configuration } from '../recommend/settings.ts';
import { usualCpuSeconds, type Workload } from '../workload.ts';

/** What one resource allows at most, in messages a second. Plain JSON data. */
export interface Bound {
  readonly id: 'disk-serial' | 'disk-grouped' | 'cpu' | 'memory' | 'processes' | 'destination';
  readonly label: string;
  /** Undefined where the facts that it takes are missing. */
  readonly perSecond: number | undefined;
  readonly formula: string;
  readonly facts: readonly string[];
  /** How far measured rates stayed away from it. */
  readonly uncertainty: string;
  /** Whether it is the least: what the host gives out at. */
  readonly binding: boolean;
  /** The binding bound that would remain without this one; only for the binding one. */
  readonly lifted?: number;
}

type Draft = Omit<Bound, 'binding' | 'lifted'>;

/**
 * The most that each resource would carry alone. They are upper bounds, no forecast: measured rates stay under the
 * least of them.
 *
 * @param workload  commit latency, session and delivery times; what is missing leaves its bound unknown
 * @throws ConfigError `bad-version`
 */
export function capacity(facts: HostFacts, config: Configuration, workload: Workload = {}): Bound[] {
  const settings = new Settings(config);
  const drafts = [
    ...disk(workload),
    cpu(facts, workload),
    ...processes(facts, settings, workload),
    ...destinations(settings, workload),
  ];
  const rates = drafts.filter(counts(drafts)).toSorted((a, b) => a.perSecond! - b.perSecond!);
  const [least, next] = rates;
  return drafts.map((draft) => ({
    ...draft,
    binding: draft === least,
    ...(draft === least && next?.perSecond !== undefined && { lifted: next.perSecond }),
  }));
}

/** Commits of many messages are grouped where that was measured; the serial bound is then only told. */
function counts(drafts: readonly Draft[]): (draft: Draft) => boolean {
  const grouped = drafts.some(({ id, perSecond }) => id === 'disk-grouped' && perSecond !== undefined);
  return ({ id, perSecond }) => perSecond !== undefined && !(id === 'disk-serial' && grouped);
}

function disk({ commit }: Workload): Draft[] {
  const missing = 'commit latency not measured: postern tune measure --commit';
  return [
    {
      id: 'disk-serial',
      label: 'disk, one commit after the other',
      perSecond: commit && 1 / commit.p50,
      formula: commit ? `1 / ${commit.p50} s` : '1 / commit latency',
      facts: [commit ? `${commit.method}: p50 ${commit.p50} s` : missing],
      uncertainty: 'within 17% where a commit takes 20 to 50 ms',
    },
    {
      id: 'disk-grouped',
      label: 'disk, commits grouped',
      perSecond: commit?.groupedPerSecond,
      formula:
        commit?.groupedPerSecond === undefined
          ? 'commits/s of many writers'
          : `${Math.round(commit.groupedPerSecond)} commits/s of many writers at once`,
      facts: [commit?.groupedPerSecond === undefined ? missing : commit.method],
      uncertainty: 'an upper bound; depends on how many messages are written at once',
    },
  ];
}

function cpu(facts: HostFacts, workload: Workload): Draft {
  const own = workload.cpuSecondsPerMessage ?? usualCpuSeconds;
  const filters = (workload.filters ?? []).reduce((sum, { cpuSeconds = 0 }) => sum + cpuSeconds, 0);
  const each = own + filters;
  const usable = valueOf(facts.cpu.usable);
  return {
    id: 'cpu',
    label: 'CPU',
    perSecond: usable && usable / each,
    formula: `${usable ?? '?'} processors / ${Number((each * 1000).toFixed(2))} ms a message`,
    facts: [
      facts.cpu.usable.evidence,
      workload.cpuSecondsPerMessage === undefined
        ? 'CPU time of a message: 4.3 ms, measured elsewhere'
        : 'CPU time of a message: measured',
    ],
    uncertainty: 'an upper bound; measured rates were 30 to 75% of it',
  };
}

function processes(facts: HostFacts, settings: Settings, { inbound }: Workload): Draft[] {
  const limit = settings.processLimit(settings.smtpd);
  const budget = processBudget(facts);
  const rate = (sessions: number | undefined): number | undefined =>
    inbound && inbound.sessionSeconds > 0 && sessions !== undefined && sessions < Infinity
      ? sessions / inbound.sessionSeconds
      : undefined;
  const session = inbound ? `${inbound.sessionSeconds} s a session` : 'session time not known';
  return [
    {
      id: 'memory',
      label: 'memory',
      perSecond: rate(budget?.smtpd),
      formula: `${budget ? `${budget.smtpd} sessions, ${budget.formula}` : 'sessions that fit'}, / ${session}`,
      facts: [facts.memory.usable.evidence],
      uncertainty: 'an upper bound; memory of a session measured without TLS',
    },
    {
      id: 'processes',
      label: 'smtpd processes',
      perSecond: rate(limit),
      formula: `${limit ?? '?'} processes / ${session}`,
      facts: [session],
      uncertainty: 'an upper bound (+40 to +300%)',
    },
  ];
}

/** What the slowest destination lets through, for all mail: its share of the mail holds the rest back. */
function destinations(settings: Settings, { destinations: all = [] }: Workload): Draft[] {
  const total = all.reduce((sum, { messagesPerSecond }) => sum + messagesPerSecond, 0);
  const rates = all.map((destination) => {
    const { transport = 'smtp', deliverySeconds, messagesPerSecond } = destination;
    const limit =
      settings.number(`${transport}_destination_concurrency_limit`) ??
      settings.number('default_destination_concurrency_limit') ??
      20;
    const agents = settings.processLimit(settings.service(transport)) ?? Infinity;
    const connections = Math.min(limit === 0 ? Infinity : limit, agents);
    return {
      destination,
      connections,
      perSecond: connections / deliverySeconds / (messagesPerSecond / total),
    };
  });
  const slowest = rates
    .filter(({ perSecond }) => Number.isFinite(perSecond))
    .toSorted((a, b) => a.perSecond - b.perSecond)[0];
  if (!slowest) return [];
  const { destination, connections, perSecond } = slowest;
  return [
    {
      id: 'destination',
      label: `destination ${destination.nexthop}`,
      perSecond,
      formula: `${connections} connections / ${destination.deliverySeconds} s / ${Number((destination.messagesPerSecond / total).toFixed(3))} of the mail`,
      facts: [`${destination.nexthop}: ${destination.deliverySeconds} s a delivery`],
      uncertainty: 'an upper bound; measured 60 to 75% of it at 20 connections',
    },
  ];
}

/** The bound that binds, if any is known. */
export function bindingBound(bounds: readonly Bound[]): Bound | undefined {
  return bounds.find(({ binding }) => binding);
}
