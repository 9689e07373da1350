import { applyPlan } from '@postern/plan';
import { describe, expect, it } from 'vitest';
import {
  doctor,
  type HostFacts,
  type LogRates,
  type Observation,
  type QueueSummary,
  type Workload,
} from '../src/index.ts';
import { configuration, fact, healthyHost, master } from './example-host.ts';

const calmLog: LogRates = {
  seconds: 3600,
  connections: 9000,
  peakPerSecond: 5,
  sessionSeconds: 0.6,
  received: 8000,
  rejected: 900,
  sent: 7800,
  deferred: 150,
  bounced: 50,
  dnsFailures: 5,
  timeouts: 30,
  unknownRecipients: 40,
  relays: { 'mx.example.org': { deliveries: 4000, seconds: 0.4 } },
};
const calmQueue: QueueSummary = {
  total: 265,
  byQueue: { active: 12, incoming: 3, deferred: 250 },
  bySender: { 'MAILER-DAEMON': 20, others: 245 },
  byRecipientDomain: { 'example.org': 60, 'example.net': 50 },
  byReason: { timeout: 120, dns: 10, other: 120 },
  byAge: { '<5': 100, '<640': 165 },
};

interface Scenario {
  readonly host?: (facts: HostFacts) => Partial<HostFacts>;
  readonly main?: string;
  readonly queue?: Partial<QueueSummary>;
  readonly log?: Partial<LogRates>;
  readonly workload?: Workload;
  readonly cause: string;
}

const queued =
  (counts: Record<string, number>) =>
  (facts: HostFacts): Partial<HostFacts> => ({
    queue: {
      ...facts.queue,
      messages: {
        ...facts.queue.messages,
        ...Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, fact(count)])),
      },
    },
  });
const pressed =
  (kind: 'cpu' | 'io', some: number, full: number) =>
  (facts: HostFacts): Partial<HostFacts> => ({
    pressure: { ...facts.pressure, [kind]: fact({ some: [some, some, some], full: [full, full, full] }) },
  });

const scenarios: Readonly<Record<string, Scenario>> = {
  'fifty thousand bounces to forged senders': {
    cause: 'backscatter',
    host: queued({ deferred: 50_000 }),
    queue: {
      total: 50_000,
      byQueue: { deferred: 50_000 },
      bySender: { 'MAILER-DAEMON': 42_000, others: 8000 },
    },
    log: { bounced: 4000, unknownRecipients: 4000, rejected: 100 },
  },
  'a relay that bounces what its inner host refuses': {
    cause: 'backscatter',
    main: 'smtpd_reject_unlisted_recipient = no\n',
    host: queued({ deferred: 3000 }),
    queue: {
      total: 3000,
      byQueue: { deferred: 3000 },
      bySender: { 'MAILER-DAEMON': 2400 },
      byReason: { refused: 2000 },
    },
  },
  'a disk that is dying': {
    cause: 'dead-disk',
    host: pressed('io', 0.9, 0.7),
    workload: { commit: { p50: 0.4, p99: 3, method: 'fio' } },
  },
  'a RAID that is being rebuilt under load': {
    cause: 'dead-disk',
    host: (facts) => ({
      ...pressed('io', 0.5, 0.35)(facts),
      raid: fact([{ name: 'md0', level: 'raid5', devices: 4, working: 3, rebuilding: true }]),
      ...queued({ incoming: 900, active: 200 })(facts),
    }),
  },
  'one large provider that takes a minute a message': {
    cause: 'slow-destination',
    host: queued({ active: 15_000, deferred: 3000 }),
    queue: {
      total: 18_000,
      byQueue: { active: 15_000, deferred: 3000 },
      byRecipientDomain: { 'big.example': 14_000, 'example.org': 500 },
    },
    log: { relays: { 'mx.big.example': { deliveries: 900, seconds: 48 } } },
  },
  'a customer’s server that times out': {
    cause: 'slow-destination',
    host: queued({ active: 2500, deferred: 6000 }),
    queue: {
      total: 8500,
      byQueue: { active: 2500, deferred: 6000 },
      byRecipientDomain: { 'customer.example': 7900 },
      byReason: { timeout: 5900 },
    },
    log: { deferred: 6000, timeouts: 5500 },
  },
  'amavis with more messages than processors': {
    cause: 'cpu-bound-filter',
    main: 'content_filter = amavis:[127.0.0.1]:10024\n',
    host: (facts) => ({
      ...pressed('cpu', 0.95, 0)(facts),
      postfix: { ...facts.postfix, processes: fact({ amavisd: 40, smtpd: 30 }) },
    }),
    log: { relays: { '127.0.0.1': { deliveries: 5000, seconds: 9 } } },
  },
  'a milter on a kernel without pressure figures': {
    cause: 'cpu-bound-filter',
    main: 'smtpd_milters = inet:127.0.0.1:11332\n',
    host: (facts) => ({
      pressure: { ...facts.pressure, cpu: { known: false, why: 'absent', evidence: '/proc/pressure/cpu' } },
      cpu: { ...facts.cpu, load: fact([40, 40, 38]) },
    }),
    workload: { filters: [{ name: 'rspamd', kind: 'milter', seconds: 4, cpuSeconds: 0.5 }] },
  },
  'bots that hold every smtpd': {
    cause: 'starved-listen-queue',
    host: (facts) => ({
      network: { ...facts.network, listenOverflows: fact(80_000), listening: [{ port: 25, waiting: 100 }] },
      postfix: { ...facts.postfix, processes: fact({ smtpd: 100 }), stressed: fact(100) },
    }),
    log: { received: 500 },
  },
  'sessions that wait for a policy service': {
    cause: 'starved-listen-queue',
    host: (facts) => ({
      network: { ...facts.network, listenOverflows: fact(900) },
      postfix: { ...facts.postfix, processes: fact({ smtpd: 100 }), stressed: fact(0) },
    }),
    log: { sessionSeconds: 12, peakPerSecond: 20 },
  },
  'a resolver that is down': {
    cause: 'dns-failing',
    host: queued({ deferred: 9000 }),
    queue: { total: 9000, byQueue: { deferred: 9000 }, byReason: { dns: 8700 } },
    log: { deferred: 9000, dnsFailures: 8800, timeouts: 50 },
  },
  'a resolver that answers every second question': {
    cause: 'dns-failing',
    host: queued({ deferred: 2000 }),
    queue: { total: 2000, byQueue: { deferred: 2000 }, byReason: { dns: 1000, other: 900 } },
    log: { deferred: 3000, dnsFailures: 1500 },
  },
};

const look = ({ host, main, queue, log, workload }: Omit<Scenario, 'cause'>): ReturnType<typeof doctor> => {
  const observation: Observation = { queue: { ...calmQueue, ...queue }, log: { ...calmLog, ...log } };
  return doctor(healthyHost(host), configuration(main ?? ''), observation, workload);
};

describe('doctor', () => {
  for (const [title, scenario] of Object.entries(scenarios)) {
    it(`names the cause of ${title}`, () => {
      const found = look(scenario);
      expect(found.map(({ id }) => id)).toEqual([scenario.cause]);
      expect(found[0]!.signs.length).toBeGreaterThan(0);
      expect(found[0]!.steps.length).toBeGreaterThan(2);
      const { 'main.cf': after } = applyPlan(
        { 'main.cf': scenario.main ?? '', 'master.cf': master },
        found[0]!.plan,
      );
      expect(after).not.toMatch(/qmgr_message_active_limit|postqueue -f/);
    });
  }

  it('finds nothing wrong with a healthy host', () => {
    expect(look({})).toEqual([]);
    expect(doctor(healthyHost(), configuration())).toEqual([]);
  });

  it('names two causes where there are two, the plainer one first', () => {
    const both = look({
      ...scenarios['a disk that is dying']!,
      queue: scenarios['a resolver that is down']!.queue!,
      log: scenarios['a resolver that is down']!.log!,
    });
    expect(both.map(({ id }) => id).toSorted()).toEqual(['dead-disk', 'dns-failing']);
  });

  it('cures backscatter in order: recipients, hold, lifetime, retries', () => {
    const [found] = look(scenarios['a relay that bounces what its inner host refuses']!);
    expect(found!.plan.changes.map((change) => ('name' in change ? change.name : change.type))).toEqual([
      'smtpd_reject_unlisted_recipient',
      'bounce_queue_lifetime',
      'postfix-action',
    ]);
    expect(found!.steps[1]!.command).toBe('postern queue triage TARGET --hold');
  });
});
