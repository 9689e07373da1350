import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import { Settings, type Configuration } from '../recommend/settings.ts';
import { usualCpuSeconds, type CommitLatency, type Workload } from '../workload.ts';

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
    ...disk(settings, workload),
    cpu(facts, workload),
    ...processes(facts, settings, workload),
    ...destinations(settings, workload),
  ];
  const serial = commitsWait(settings, workload);
  const [least, next] = drafts
    .filter(({ id, perSecond }) => perSecond !== undefined && (id !== 'disk-serial' || serial))
    .toSorted((a, b) => a.perSecond! - b.perSecond!);
  return drafts.map((draft) => ({
    ...draft,
    binding: draft === least,
    ...(draft === least && next?.perSecond !== undefined && { lifted: next.perSecond }),
  }));
}

/** A single commit bounds the rate only where commits wait for each other: with one process, or a disk that groups none. */
function commitsWait(settings: Settings, { commit }: Workload): boolean {
  return settings.processLimit(settings.smtpd) === 1 || (commit !== undefined && groupsNone(commit));
}

function groupsNone({ p50, groupedPerSecond }: CommitLatency): boolean {
  return groupedPerSecond !== undefined && groupedPerSecond <= 1.3 / p50;
}

/** Rates of many writers that reach this share of what as many disks would give say nothing of the disk's end. */
const unsaturated = 0.5;
/** Fewer writers than these were not at once. */
const usualWriters = 8;

function disk(settings: Settings, { commit }: Workload): Draft[] {
  const missing = 'commit latency not measured: postern tune measure --commit';
  const { p50, groupedPerSecond: rate, groupedWriters: writers = usualWriters } = commit ?? {};
  const sessions = settings.processLimit(settings.smtpd) ?? Infinity;
  const facts = [commit ? `${commit.method}: p50 ${p50} s` : missing];
  // With so many commits at once as there are writers, the writers are the limit, not the disk.
  const open = p50 !== undefined && rate !== undefined && rate > (unsaturated * writers) / p50;
  // One more writer adds no more than each before it did.
  const factor = Math.max(1, sessions / writers);
  const alone = commit !== undefined && groupsNone(commit);
  return [
    {
      id: 'disk-serial',
      label: 'disk, one commit at a time',
      perSecond: p50 && Math.max(1 / p50, alone ? rate! : 0),
      formula: p50 === undefined ? '1 / commit latency' : `1 / ${p50} s`,
      facts,
      uncertainty:
        'measured rates were within 17% of it where commits waited for each other, 20 to 50 ms each',
    },
    {
      id: 'disk-grouped',
      label: 'disk, commits grouped',
      perSecond: rate === undefined || open || alone || factor === Infinity ? undefined : rate * factor,
      formula:
        rate === undefined
          ? 'commits/s of many writers'
          : open
            ? `no end seen: ${writers} writers commit ${Math.round(rate)}/s, nearly ${writers} times what one does`
            : alone
              ? `none: ${writers} writers commit ${Math.round(rate)}/s, as one does`
              : `${Math.round(rate)} commits/s of ${writers} writers${factor > 1 ? ` × ${sessions} processes / ${writers}` : ''}`,
      facts,
      uncertainty: 'an upper bound: the more write at once, the less each gains',
    },
  ];
}

/** A processor that is twice as fast as the one that messages were measured on stays under the bound too. */
const fastestCpuSeconds = usualCpuSeconds / 2;

function cpu(facts: HostFacts, workload: Workload): Draft {
  const own = workload.cpuSecondsPerMessage ?? fastestCpuSeconds;
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
        ? `CPU time of a message: half of the ${usualCpuSeconds * 1000} ms measured on one virtual machine; postern tune measure tells this host's`
        : 'CPU time of a message: measured here',
    ],
    uncertainty:
      workload.cpuSecondsPerMessage === undefined
        ? 'an upper bound; measured rates were 15 to 40% of it'
        : 'an upper bound; measured rates were 30 to 75% of it',
  };
}

/** Private memory of an smtpd(8) alone: no session takes less. */
const leastSession = 1.24 * 2 ** 20;

function processes(facts: HostFacts, settings: Settings, { inbound }: Workload): Draft[] {
  const limit = settings.processLimit(settings.smtpd);
  const most = [facts.limits.cgroupProcesses, facts.limits.masterProcesses].flatMap((fact) =>
    fact.known ? [fact] : [],
  );
  const ceiling = Math.min(limit ?? Infinity, ...most.map(({ value }) => value));
  const memory = facts.memory.limit.known ? facts.memory.limit : facts.memory.total;
  const fitting = memory.known ? Math.floor(memory.value / leastSession) : undefined;
  const { sessionSeconds = 0, sessionError = 0, messagesPerSession = 1 } = inbound ?? {};
  const shortest = sessionSeconds - sessionError;
  const rate = (sessions: number | undefined): number | undefined =>
    shortest > 0 && messagesPerSession > 0 && sessions !== undefined && sessions < Infinity
      ? (sessions / shortest) * messagesPerSession
      : undefined;
  const session =
    inbound === undefined
      ? 'session time not known'
      : `${round(sessionSeconds)}${sessionError > 0 ? ` − ${round(sessionError)}` : ''} s a session${messagesPerSession === 1 ? '' : ` of ${round(messagesPerSession)} messages`}`;
  return [
    {
      id: 'memory',
      label: 'memory',
      perSecond: rate(fitting),
      formula: `${fitting ?? '?'} sessions of at least 1.24 MB, / ${session}`,
      facts: [memory.evidence],
      uncertainty:
        'an upper bound: nothing else in memory, no TLS. How many are wise, the recommendation says',
    },
    {
      id: 'processes',
      label: 'smtpd processes',
      perSecond: rate(limit === undefined ? undefined : ceiling),
      formula: `${Number.isFinite(ceiling) ? ceiling : 'any number of'} processes / ${session}`,
      facts: [session, ...most.filter(({ value }) => value === ceiling).map(({ evidence }) => evidence)],
      uncertainty: 'an upper bound; measured rates were 25 to 95% of it',
    },
  ];
}

/** What the slowest destination lets through, for all mail: its share of the mail holds the rest back. */
function destinations(settings: Settings, { destinations: all = [] }: Workload): Draft[] {
  const total = all.reduce((sum, { messagesPerSecond }) => sum + messagesPerSecond, 0);
  const rates = all.map((destination) => {
    const { transport = 'smtp', deliverySeconds, deliveryError = 0, messagesPerSecond } = destination;
    const limit =
      settings.number(`${transport}_destination_concurrency_limit`) ??
      settings.number('default_destination_concurrency_limit') ??
      20;
    const agents = settings.processLimit(settings.service(transport)) ?? Infinity;
    const connections = Math.min(limit === 0 ? Infinity : limit, agents);
    const shortest = deliverySeconds - deliveryError;
    return {
      destination,
      connections,
      perSecond: shortest > 0 ? connections / shortest / (messagesPerSecond / total) : Infinity,
    };
  });
  const slowest = rates
    .filter(({ perSecond }) => Number.isFinite(perSecond))
    .toSorted((a, b) => a.perSecond - b.perSecond)[0];
  if (!slowest) return [];
  const { destination, connections, perSecond } = slowest;
  const { nexthop, deliverySeconds, deliveryError = 0, messagesPerSecond } = destination;
  return [
    {
      id: 'destination',
      label: `destination ${nexthop}`,
      perSecond,
      formula: `${connections} connections / ${round(deliverySeconds)}${deliveryError > 0 ? ` − ${round(deliveryError)}` : ''} s / ${round(messagesPerSecond / total)} of the mail`,
      facts: [`${nexthop}: ${round(deliverySeconds)} s a delivery`],
      uncertainty: 'an upper bound; measured 60 to 95% of it',
    },
  ];
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}

/** The bound that binds, if any is known. */
export function bindingBound(bounds: readonly Bound[]): Bound | undefined {
  return bounds.find(({ binding }) => binding);
}
