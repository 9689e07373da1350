import fc from 'fast-check';
import {
  effective,
  parameter,
  parseDuration,
  parseMain,
  parseMaster,
  serviceOf,
  validate,
} from '@postern/config';
import { applyPlan, invertPlan, parsePlan, printPlan } from '@postern/plan';
import { describe, expect, it } from 'vitest';
import {
  parseFacts,
  recommend,
  sysctlState,
  type Configuration,
  type HostFacts,
  type TuningPlan,
  type Verdict,
  type Workload,
} from '../src/index.ts';
import { configuration, fact, healthyHost, master } from './example-host.ts';
import { readHost } from './frame.ts';

const verdict = (plan: TuningPlan, id: string): Verdict | undefined =>
  plan.recommendations.find((each) => each.id === id)?.verdict;
const message = (plan: TuningPlan, id: string): string =>
  plan.recommendations.find((each) => each.id === id)?.message ?? '';
const apply = (config: Configuration, plan: TuningPlan): Configuration => {
  const files = applyPlan({ 'main.cf': config.main, 'master.cf': config.master }, plan);
  return { main: files['main.cf']!, master: files['master.cf']!, version: config.version };
};
const applySysctls = (facts: HostFacts, plan: TuningPlan): HostFacts => ({
  ...facts,
  sysctl: {
    ...facts.sysctl,
    ...Object.fromEntries(
      plan.changes.flatMap((change) =>
        change.type === 'set-sysctl' ? [[change.key, { value: change.value, writable: true }]] : [],
      ),
    ),
  },
});
const busy: Workload = { inbound: { connectionsPerSecond: 100, sessionSeconds: 2 } };

describe('a host that is as it should be', () => {
  it('is left alone, and told why', () => {
    const plan = recommend(healthyHost(), configuration());
    expect(plan.changes).toEqual([]);
    expect(verdict(plan, 'minimal-backoff-time')).toBe('default');
    expect(verdict(plan, 'smtpd-processes')).toBe('unknown');
  });

  it('is told that the three numbers of old guides change nothing', () => {
    const main = 'queue_run_delay = 300s\nminimal_backoff_time = 300s\nmaximal_backoff_time = 4000s\n';
    const plan = recommend(healthyHost(), configuration(main));
    expect(plan.changes).toEqual([]);
    expect(message(plan, 'queue-run-delay')).toBe(
      '300s has been the default since 2.4 (maximal_backoff_time: always): the line changes nothing.'.replace(
        '300s',
        'queue_run_delay = 300s',
      ),
    );
    expect(message(recommend(healthyHost(), configuration('', '2.3.8')), 'retry-times-before-2.4')).toContain(
      'Before 2.4',
    );
  });
});

describe('what is looked at', () => {
  const everything = healthyHost((facts) => ({
    sysctl: {
      ...facts.sysctl,
      ...Object.fromEntries(
        [
          'net.ipv4.tcp_fin_timeout',
          'net.ipv4.tcp_keepalive_time',
          'net.ipv4.tcp_syn_retries',
          'net.ipv4.tcp_slow_start_after_idle',
          'net.ipv4.conf.all.rp_filter',
          'net.core.netdev_max_backlog',
          'net.core.default_qdisc',
          'net.core.rmem_max',
          'net.core.wmem_max',
          'net.netfilter.nf_conntrack_max',
          'fs.nr_open',
          'kernel.threads-max',
          'vm.dirty_ratio',
        ].map((key) => [key, { value: '100000', writable: true }]),
      ),
    },
  }));
  const plan = recommend(everything, configuration('content_filter = amavis:[127.0.0.1]:10024\n'), {
    ...busy,
    destinations: [{ nexthop: 'a.example', messagesPerSecond: 1, deliverySeconds: 1 }],
    commit: { p50: 0.001, method: 'fio' },
    nullSenderShare: 0.1,
  });

  it('is every row that a host can be tuned by', () => {
    const subjects = new Set(plan.recommendations.map(({ subject }) => subject));
    const rows = `
      smtp/inet maxproc
      smtp/unix maxproc
      smtp/inet
      smtp_destination_concurrency_limit
      queue_run_delay
      minimal_backoff_time
      maximal_backoff_time
      bounce_queue_lifetime
      smtpd_timeout
      smtpd_hard_error_limit
      smtpd_junk_command_limit
      address_verify_poll_count
      qmgr_message_active_limit
      in_flow_delay
      hash_queue_names
      qmgr_message_recipient_limit
      smtpd_client_connection_count_limit
      smtpd_client_connection_rate_limit
      smtpd_error_sleep_time
      smtpd_soft_error_limit
      initial_destination_concurrency
      default_destination_recipient_limit
      smtp_connection_cache_on_demand
      smtp_connect_timeout
      transport_retry_time
      maximal_queue_lifetime
      smtp_fallback_relay
      resolver
      open files of a process
      content_filter
      disk
      mount of /
      vda`;
    for (const subject of [...rows.trim().split(/\n */), ...Object.keys(everything.sysctl)])
      expect([...subjects]).toContain(subject);
  });

  it('says since when a default is one', () => {
    const since = Object.fromEntries(plan.recommendations.map((each) => [each.id, each.since]));
    expect(since).toMatchObject({ 'minimal-backoff-time': '2.4', 'queue-run-delay': '2.4' });
  });

  it('counts with no more mail than the processors take', () => {
    const many = { connectionsPerSecond: 5000, sessionSeconds: 0.5, rejectedShare: 0 };
    const formula = recommend(healthyHost(), configuration(), { inbound: many }).recommendations.find(
      ({ id }) => id === 'smtpd-processes',
    )?.formula;
    expect(formula).toContain('1.3 × 930 connections/s (4 processors / 4.3 ms a message) × 0.5 s');
  });
});

describe('processes', () => {
  it('follow from connections and session time, with the restart that listen queues need', () => {
    const plan = recommend(healthyHost(), configuration(), busy);
    const put = plan.changes.find((change) => change.type === 'put-service');
    expect(put?.service).toMatchObject({ name: 'smtp', type: 'inet', maxproc: 260 });
    expect(put?.because.why).toContain('1.3 × 100 connections/s × 2 s');
    expect(plan.changes.at(-1)).toMatchObject({ type: 'postfix-action', action: 'restart' });
  });

  it('stay within memory', () => {
    const small = healthyHost((facts) => ({ memory: { ...facts.memory, usable: fact(512 * 2 ** 20) } }));
    const plan = recommend(small, configuration(), busy);
    expect(plan.changes.find((change) => change.type === 'put-service')?.service.maxproc).toBe(
      Math.floor((256 - 30) / 2),
    );
  });

  it('are the shared limit only where several services need it', () => {
    const plan = recommend(healthyHost(), configuration(), {
      ...busy,
      destinations: [{ nexthop: 'own.example', own: true, messagesPerSecond: 150, deliverySeconds: 1 }],
    });
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ type: 'set-parameter', name: 'default_process_limit', value: '260' }),
    );
  });

  it('are not raised while the host swaps', () => {
    const swapping = healthyHost((facts) => ({
      pressure: { ...facts.pressure, memory: fact({ some: [0.4, 0.4, 0.4], full: [0.3, 0.3, 0.3] }) },
      memory: { ...facts.memory, swapTotal: fact(1e9), swapFree: fact(1e8) },
    }));
    const plan = recommend(swapping, configuration(), busy);
    expect(verdict(plan, 'process-limit-swap')).toBe('refused');
    expect(plan.changes.filter(({ type }) => type === 'put-service' || type === 'set-parameter')).toEqual([]);
  });
});

describe('a slow destination', () => {
  const slow = { nexthop: 'list.example', messagesPerSecond: 60, deliverySeconds: 1 };
  it('gets more connections where it is ours', () => {
    const plan = recommend(healthyHost(), configuration(), { destinations: [{ ...slow, own: true }] });
    expect(plan.changes[0]).toMatchObject({ name: 'smtp_destination_concurrency_limit', value: '78' });
  });
  it('gets no more than 20 where it is not', () => {
    const plan = recommend(healthyHost(), configuration(), { destinations: [slow] });
    expect(plan.changes).toEqual([]);
    expect(verdict(plan, 'smtp-concurrency')).toBe('keep');
  });
});

describe('retries', () => {
  it('are spread where they take the disk', () => {
    const host = healthyHost((facts) => ({
      queue: { ...facts.queue, messages: { ...facts.queue.messages, deferred: fact(50_000) } },
    }));
    const plan = recommend(host, configuration(), { commit: { p50: 0.01, method: 'fio' } });
    expect(plan.changes[0]).toMatchObject({ name: 'minimal_backoff_time', value: '2040s' });
    expect(plan.changes[0]?.because.why).toContain('50000 deferred × 0.01 s');
  });
  it('are put in order where they are not', () => {
    const plan = recommend(
      healthyHost(),
      configuration('queue_run_delay = 20m\nmaximal_backoff_time = 10m\n'),
    );
    expect(
      plan.changes.map((change) =>
        change.type === 'set-parameter' ? `${change.name} ${change.value}` : change.type,
      ),
    ).toEqual(['minimal_backoff_time 1200s', 'maximal_backoff_time 1200s', 'postfix-action']);
  });
  it('of bounces end after a day where bounces fill the queue', () => {
    const host = healthyHost((facts) => ({
      queue: { ...facts.queue, messages: { ...facts.queue.messages, deferred: fact(9000) } },
    }));
    expect(recommend(host, configuration(), { nullSenderShare: 0.8 }).changes[0]).toMatchObject({
      name: 'bounce_queue_lifetime',
      value: '1d',
    });
  });
});

describe('the door', () => {
  it('gets postscreen where most connections bring nothing, and options go with smtpd', () => {
    const plan = recommend(healthyHost(), configuration(), {
      inbound: { ...busy.inbound!, rejectedShare: 0.8 },
    });
    const after = apply(configuration(), plan);
    const services = parseMaster(after.master).entries.flatMap((entry) =>
      entry.type === 'service' ? [serviceOf(entry)] : [],
    );
    expect(services.find(({ type }) => type === 'inet')).toMatchObject({ command: 'postscreen', maxproc: 1 });
    expect(services.find(({ type }) => type === 'pass')).toMatchObject({
      name: 'smtpd',
      command: 'smtpd',
      maxproc: 260,
    });
    expect(
      validate({ main: parseMain(after.main), master: parseMaster(after.master), version: '3.7.11' }).filter(
        ({ level }) => level === 'error',
      ),
    ).toEqual([]);
  });
  it('follows stress again where a fixed value keeps it from that', () => {
    const host = healthyHost((facts) => ({ postfix: { ...facts.postfix, stressed: fact(40) } }));
    expect(recommend(host, configuration('smtpd_timeout = 300s\n')).changes[0]).toMatchObject({
      type: 'remove-parameter',
      name: 'smtpd_timeout',
    });
  });
});

describe('kernel settings', () => {
  const tight = (container: string): HostFacts =>
    healthyHost((facts) => ({
      virtualisation: {
        ...facts.virtualisation,
        container: fact(container) as HostFacts['virtualisation']['container'],
      },
      sysctl: {
        ...facts.sysctl,
        'net.core.somaxconn': { value: '128', writable: true },
        'vm.swappiness': { value: '60', writable: true },
      },
    }));

  it('are set, kept over a reboot and written back on undo', () => {
    const host = tight('none');
    const plan = recommend(host, configuration());
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ type: 'set-sysctl', key: 'net.core.somaxconn', value: '4096' }),
    );
    expect(plan.changes.find((change) => change.type === 'put-file')?.content).toContain(
      'net.core.somaxconn = 4096\nvm.swappiness = 10\n',
    );
    const undo = invertPlan({ 'main.cf': configuration().main, 'master.cf': master }, plan, {
      state: sysctlState(host, plan),
    });
    expect(undo.changes).toContainEqual(
      expect.objectContaining({ type: 'set-sysctl', key: 'net.core.somaxconn', value: '128' }),
    );
    expect(undo.changes).toContainEqual(
      expect.objectContaining({ type: 'remove-file', path: '/etc/sysctl.d/60-postern.conf' }),
    );
  });

  it('of the host are asked for, not touched, from inside a container', () => {
    for (const container of ['docker', 'lxc', 'openvz', 'unshare']) {
      const plan = recommend(tight(container), configuration());
      expect(verdict(plan, 'sysctl-vm.swappiness')).toBe('ask-the-host');
      expect(plan.changes.flatMap((change) => (change.type === 'set-sysctl' ? [change.key] : []))).toEqual([
        'net.core.somaxconn',
      ]);
    }
  });
});

describe('where the queue lies', () => {
  it('refuses memory, and says so where the mount or the disk is at fault', () => {
    const host = (fileSystem: string, options: string[]): HostFacts =>
      healthyHost((facts) => ({
        queue: { ...facts.queue, fileSystem: fact(fileSystem), options: fact(options) },
      }));
    expect(verdict(recommend(host('tmpfs', ['rw']), configuration()), 'queue-on-tmpfs')).toBe('refused');
    expect(verdict(recommend(host('ext4', ['rw', 'sync']), configuration()), 'mount-options')).toBe('advice');
    expect(
      verdict(recommend(host('ext4', ['rw', 'relatime', 'nobarrier']), configuration()), 'no-barriers'),
    ).toBe('refused');
    expect(verdict(recommend(parseFacts(readHost('bare-metal')), configuration()), 'raid-md0')).toBe(
      'advice',
    );
  });
});

const seconds = (text: string | undefined): number => parseDuration(text ?? '', 's') ?? Number.NaN;

const anyNumber = (max: number): fc.Arbitrary<number> => fc.oneof(fc.nat(max), fc.nat(10));
const anyHost = fc.record({
  usable: fc.oneof(fc.constant(undefined), anyNumber(2 ** 36)),
  deferred: fc.oneof(fc.constant(undefined), anyNumber(200_000)),
  somaxconn: anyNumber(65_535),
  swappiness: anyNumber(200),
  pids: fc.oneof(fc.constant(undefined), anyNumber(100_000)),
  container: fc.constantFrom('none', 'docker', 'lxc', 'openvz', 'unshare', 'other', undefined),
  writable: fc.boolean(),
  overflows: anyNumber(10_000),
  stressed: anyNumber(50),
  swapFull: fc.double({ min: 0, max: 1, noNaN: true }),
});
type RandomHost = typeof anyHost extends fc.Arbitrary<infer T> ? T : never;
const rate = fc.double({ min: 0.001, max: 5000, noNaN: true });
const anyWorkload = fc.record(
  {
    inbound: fc.record({
      connectionsPerSecond: rate,
      sessionSeconds: fc.double({ min: 0, max: 600, noNaN: true }),
      rejectedShare: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    destinations: fc.array(
      fc.record({
        nexthop: fc.constantFrom('a.example', 'b.example'),
        transport: fc.constantFrom('smtp', 'relay'),
        messagesPerSecond: rate,
        deliverySeconds: fc.double({ min: 0.001, max: 300, noNaN: true }),
        own: fc.boolean(),
      }),
      { maxLength: 3 },
    ),
    commit: fc.record({ p50: fc.double({ min: 1e-5, max: 2, noNaN: true }), method: fc.constant('fio') }),
    nullSenderShare: fc.double({ min: 0, max: 1, noNaN: true }),
    incomingGrows: fc.boolean(),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Workload>;
const anyTime = fc.oneof(
  fc.constantFrom('300s', '4000s', '1000', '5m', '2h', '1d'),
  fc.nat(20_000).map((value) => `${value}s`),
);
const anyMain = fc
  .record(
    {
      queue_run_delay: anyTime,
      minimal_backoff_time: anyTime,
      maximal_backoff_time: anyTime,
      bounce_queue_lifetime: anyTime,
      in_flow_delay: fc.constantFrom('0s', '1s', '5s', '10s'),
      default_process_limit: anyNumber(2000).map((value) => String(value + 1)),
      smtp_destination_concurrency_limit: anyNumber(300).map(String),
      smtpd_timeout: anyTime,
      smtpd_client_connection_count_limit: anyNumber(500).map(String),
    },
    { requiredKeys: [] },
  )
  .map((settings) =>
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );

describe('over random hosts, configurations and workloads', () => {
  it('stays legal and ordered, changes nothing the second time, and leaves the host of a container alone', () => {
    const judge = (random: RandomHost, main: string, workload: Workload): string => {
      const unknown = { known: false, why: 'unreadable', evidence: 'random' } as const;
      const optional = <T>(value: T | undefined): ReturnType<typeof fact<T>> =>
        value === undefined ? unknown : fact(value);
      const host = healthyHost((facts) => ({
        memory: { ...facts.memory, usable: optional(random.usable) },
        queue: { ...facts.queue, messages: { ...facts.queue.messages, deferred: optional(random.deferred) } },
        limits: { ...facts.limits, cgroupProcesses: optional(random.pids) },
        virtualisation: {
          ...facts.virtualisation,
          container: optional(random.container),
        },
        sysctl: {
          ...facts.sysctl,
          'net.core.somaxconn': { value: String(random.somaxconn), writable: random.writable },
          'vm.swappiness': { value: String(random.swappiness), writable: random.writable },
        },
        network: { ...facts.network, listenOverflows: fact(random.overflows) },
        postfix: { ...facts.postfix, stressed: fact(random.stressed) },
        pressure: { ...facts.pressure, memory: fact({ some: [0, 0, 0], full: [0, random.swapFull, 0] }) },
      }));
      const config = configuration(main);
      const plan = recommend(host, config, workload);
      for (const { because } of plan.changes)
        if (because.why.length < 10 || because.source === '') return 'no reason';
      for (const each of plan.recommendations) {
        if (each.source === '' || each.message === '') return `${each.id} has no source`;
        if (each.verdict === 'change' && !(each.formula && each.effect && each.sure && each.facts.length > 0))
          return `${each.id} does not say how it came about`;
      }
      for (const change of plan.changes) {
        if (change.type === 'set-parameter') {
          const { bounds, kind } = parameter(change.name, '3.7.11') ?? {};
          const value = kind === 'time' ? seconds(change.value) : Number(change.value);
          if (!(value >= (bounds?.min ?? 0) && value <= (bounds?.max ?? 2 ** 31 - 1)))
            return `illegal ${change.name} = ${change.value}`;
        }
        if (
          change.type === 'put-service' &&
          !(Number.isInteger(change.service.maxproc ?? 0) && (change.service.maxproc ?? 0) < 2 ** 31)
        )
          return `illegal maxproc ${change.service.maxproc}`;
        if (change.type === 'set-sysctl' && random.container !== 'none' && !change.key.startsWith('net.'))
          return `touches ${change.key} of the host`;
      }
      const after = apply(config, plan);
      const get = (text: string, name: string): number =>
        seconds(effective({ main: parseMain(text), version: '3.7.11' }).get(name)?.value ?? undefined);
      const [run, least, most] = ['queue_run_delay', 'minimal_backoff_time', 'maximal_backoff_time'].map(
        (name) => get(after.main, name),
      );
      if (!(run! <= least! && least! <= most!)) return `order ${run} ${least} ${most}`;
      if (!parsePlan(printPlan({ target: plan.target, changes: plan.changes, checks: plan.checks })).plan)
        return 'no plan';
      const again = recommend(applySysctls(host, plan), after, workload);
      return again.changes.length === 0 ? 'ok' : `again: ${JSON.stringify(again.changes).slice(0, 600)}`;
    };
    const holds = fc.property(anyHost, anyMain, anyWorkload, (...given) => {
      const judgement = judge(...given);
      if (judgement !== 'ok') throw new Error(judgement);
    });
    expect(() =>
      fc.assert(holds, { numRuns: Number(process.env['POSTERN_TUNING_RUNS'] ?? 200), endOnFailure: true }),
    ).not.toThrow();
  });
});
