import { parseFacts, bindingBound, capacity, probeScript, recommend, type Workload } from '@postern/tuning';
import type { Change, Plan } from '@postern/plan';
import type { Bench, BenchRow } from '@postern/testbed';
import { execFileSync } from 'node:child_process';
import { drive, rigConfiguration, type Measured, type Rig } from './rig.ts';

interface Situation extends Rig {
  /** What the host is asked to carry, in messages a second. */
  readonly wanted: number;
  /** The bound that is the true bottleneck. */
  readonly bottleneck: string;
}

const situations: readonly Situation[] = [
  {
    title: 'a policy service that takes 2 s',
    messages: 300,
    sessions: 180,
    policySeconds: 2,
    wanted: 90,
    bottleneck: 'processes',
  },
  {
    title: 'one destination of our own that takes 1 s',
    messages: 360,
    sessions: 80,
    destinationSeconds: 1,
    wanted: 60,
    bottleneck: 'destination',
  },
  {
    title: 'fsync that takes 1 s, ten processes',
    messages: 120,
    sessions: 70,
    fsyncSeconds: 1,
    processLimit: 10,
    wanted: 40,
    bottleneck: 'processes',
  },
];

const rounds = 2;

/** What guides copy from each other: queue_run_delay, minimal_backoff_time, maximal_backoff_time. */
const guide: Plan = {
  target: { name: 'lab', postfix: '3.7.11' },
  changes: Object.entries({
    queue_run_delay: '300s',
    minimal_backoff_time: '300s',
    maximal_backoff_time: '4000s',
  }).map(([name, value]): Change => ({
    type: 'set-parameter',
    name,
    value,
    because: { why: 'The guide says so.', source: 'the guide', versions: 'all' },
  })),
  checks: [],
};

/** What one run tells of the workload, as `postern tune` would read it from the log. */
function workloadFrom(
  { log }: Measured,
  { wanted, destinationSeconds, fsyncSeconds, sessions }: Situation,
): Workload {
  const [[nexthop, relay] = []] = Object.entries(log?.relays ?? {});
  return {
    inbound: { connectionsPerSecond: wanted, sessionSeconds: log?.sessionSeconds ?? 0 },
    ...(destinationSeconds !== undefined &&
      nexthop !== undefined &&
      relay && {
        destinations: [{ nexthop, messagesPerSecond: wanted, deliverySeconds: relay.seconds, own: true }],
      }),
    // The fault waits in every process for itself: as many commits at once as there are writers.
    ...(fsyncSeconds !== undefined && {
      commit: {
        p50: fsyncSeconds,
        groupedPerSecond: sessions / fsyncSeconds,
        method: 'injected with strace',
      },
    }),
  };
}

const bench: Bench = {
  title: 'What tuning gains on a real Postfix',
  about:
    'Three situations in which a Postfix 3.7 is slow for one known reason, each in namespaces of its own: smtp-source → smtpd → queue → smtp → smtp-sink. ' +
    '“As installed” (the peer), the three numbers of the guide, and what `recommend` plans from the log of the first run, in turn. Messages a second until the last one is delivered; mean of the pairs. ' +
    'The recommendation has to gain 30%; the guide’s numbers are the defaults and change nothing beyond noise. The bound that binds is named from the same log and has to be the rigged one, and the rate has to lie under it.',
  async *run(): AsyncIterable<BenchRow> {
    const facts = parseFacts(execFileSync('sh', ['-s'], { input: probeScript, encoding: 'latin1' }));
    for (const situation of situations) {
      const config = rigConfiguration(situation);
      const first = await drive(situation);
      const workload = workloadFrom(first, situation);
      // Kernel settings of this machine are not the test's to change.
      const { changes, ...rest } = recommend(facts, config, workload);
      const plan: Plan = {
        ...rest,
        changes: changes.filter(({ type }) => type !== 'set-sysctl' && type !== 'put-file'),
      };
      const bound = bindingBound(capacity(facts, config, workload));
      const rates = { installed: [first.perSecond], guide: [] as number[], recommended: [] as number[] };
      for (let round = 0; round < rounds; round++) {
        if (round > 0) rates.installed.push((await drive(situation)).perSecond);
        rates.guide.push((await drive(situation, guide)).perSecond);
        rates.recommended.push((await drive(situation, plan)).perSecond);
      }
      const ratio = mean(rates.recommended) / mean(rates.installed);
      const same = mean(rates.guide) / mean(rates.installed);
      yield row(
        `${situation.title}: recommended (${describe(plan)})`,
        rates.recommended,
        rates.installed,
        ratio,
        '≥ 1.3',
        ratio >= 1.3,
      );
      yield row(
        `${situation.title}: the guide’s numbers`,
        rates.guide,
        rates.installed,
        same,
        '0.8 to 1.25',
        same > 0.8 && same < 1.25,
      );
      yield {
        work: `${situation.title}: binding bound ${bound?.id ?? 'none'}`,
        ours: `${bound?.perSecond?.toFixed(1)}/s`,
        peer: `${Math.max(...rates.installed).toFixed(1)}/s measured`,
        ratio: (Math.max(...rates.installed) / (bound?.perSecond ?? Number.NaN)).toFixed(2),
        target: `${situation.bottleneck}, ≤ 1`,
        met: bound?.id === situation.bottleneck && Math.max(...rates.installed) <= (bound.perSecond ?? 0),
      };
    }
  },
};

function row(
  work: string,
  ours: readonly number[],
  peer: readonly number[],
  ratio: number,
  target: string,
  met: boolean,
): BenchRow {
  const print = (rates: readonly number[]): string => `${mean(rates).toFixed(1)}/s`;
  return { work, ours: print(ours), peer: print(peer), ratio: ratio.toFixed(2), target, met };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function describe({ changes }: Plan): string {
  return changes
    .flatMap((change) =>
      change.type === 'set-parameter'
        ? [`${change.name} = ${change.value}`]
        : change.type === 'put-service'
          ? [`${change.service.name} ${change.service.type} maxproc ${change.service.maxproc}`]
          : [],
    )
    .join(', ');
}

export default bench;
