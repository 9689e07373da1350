import type { Change, Plan } from '@postern/plan';
import { execFileSync } from 'node:child_process';
import {
  bindingBound,
  capacity,
  parseFacts,
  probeScript,
  recommend,
  workloadOf,
  type Bound,
  type Workload,
} from '@postern/tuning';
import { rigConfiguration, type Measured, type Rig } from './rig.ts';

export interface Situation extends Rig {
  /** What the host is asked to carry, in messages a second. */
  readonly wanted: number;
  /** The bound that is the true bottleneck; undefined where nothing is rigged. */
  readonly bottleneck?: Bound['id'];
}

/** In each a Postfix is slow for one known reason. There are no more sessions than listen queue and processes hold. */
export const situations: readonly Situation[] = [
  {
    title: 'a policy service that takes 1 s, twenty processes',
    messages: 160,
    sessions: 40,
    policySeconds: 1,
    processLimit: 20,
    wanted: 60,
    bottleneck: 'processes',
  },
  {
    title: 'one destination of our own that takes 1 s',
    messages: 300,
    sessions: 60,
    destinationSeconds: 1,
    wanted: 60,
    bottleneck: 'destination',
  },
  {
    title: 'fsync that takes 0.5 s, twelve processes',
    messages: 130,
    sessions: 24,
    fsyncSeconds: 0.5,
    processLimit: 12,
    wanted: 40,
    bottleneck: 'processes',
  },
];

/** Nothing is rigged: whatever is recommended must not cost anything. */
export const unrigged: Situation = { title: 'nothing rigged', messages: 500, sessions: 20, wanted: 50 };

/** What guides copy from each other: queue_run_delay, minimal_backoff_time, maximal_backoff_time. */
export const guide: Plan = {
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

export interface Advice {
  readonly plan: Plan;
  readonly bound: Bound | undefined;
}

/** What follows from one run as installed: its log gives the times, the situation says what is wanted. */
export function adviseFrom(situation: Situation, { log, commit }: Measured): Advice {
  const facts = parseFacts(execFileSync('sh', ['-s'], { input: probeScript, encoding: 'latin1' }));
  const config = rigConfiguration(situation);
  const seen = workloadOf(log ? { log } : {});
  const destinations = log ? Object.entries(log.relays) : [];
  const workload: Workload = {
    ...(seen.inbound && { inbound: { ...seen.inbound, connectionsPerSecond: situation.wanted } }),
    // A run is shorter than the minute from which on the log speaks for destinations.
    destinations: destinations
      .filter(([name]) => name !== 'none')
      .map(([nexthop, { seconds, error = 0 }]) => ({
        nexthop,
        messagesPerSecond: situation.wanted,
        deliverySeconds: seconds,
        deliveryError: error,
        own: true,
      })),
    ...(commit && { commit }),
  };
  const { changes, ...rest } = recommend(facts, config, workload);
  return {
    // Kernel settings of this machine are not the lab's to change.
    plan: { ...rest, changes: changes.filter(({ type }) => type !== 'set-sysctl' && type !== 'put-file') },
    bound: bindingBound(capacity(facts, config, workload)),
  };
}
