import { valueOf } from '../facts/fact.ts';
import { usualCpuSeconds } from '../workload.ts';
import { isMailFlowing, isSwapping } from './pressure.ts';
import { processBudget } from './process-budget.ts';
import { change, say, type Adviser, type Context, type Recommendation } from './recommendation.ts';
import type { Service } from '@postern/config';

const source = "Little's law; TUNING_README; docs/benchmarks.md";

interface Need {
  readonly id: string;
  readonly service: Service;
  readonly current: number;
  readonly wanted: number;
  readonly formula: string;
  readonly facts: readonly string[];
}

/** Process limits: as many as sessions are open at once, a third more, within what the host bears. */
export const adviseProcesses: Adviser = (context) => {
  const { facts, settings, workload } = context;
  const needs = [inboundNeed(context), ...outboundNeeds(context)].filter((need) => need !== undefined);
  const found: Recommendation[] = [];
  if (!workload.inbound) {
    found.push(
      say('unknown', {
        id: 'smtpd-processes',
        subject: 'smtpd process limit',
        message:
          'How many sessions are open at once is not known, so the process limit is left alone. A higher limit helps only where sessions wait.',
        source,
      }),
    );
  }
  const short = needs.filter(({ wanted, current }) => wanted > current);
  for (const need of needs.filter((each) => !short.includes(each))) {
    found.push(
      say('already-so', {
        id: need.id,
        subject: label(need.service),
        message: `${need.current === Infinity ? 'Any number of' : need.current} processes are allowed and ${need.wanted} are needed: more change nothing.`,
        formula: need.formula,
        facts: need.facts,
        source,
      }),
    );
  }
  if (short.length === 0) return found;
  if (isSwapping(facts)) {
    found.push(
      say('refused', {
        id: 'process-limit-swap',
        subject: 'process limits',
        message:
          'The host is swapping: more processes make every one of them slower. Give it memory or take load away first.',
        facts: [facts.memory.swapped, facts.pressure.memory],
        source: 'STRESS_README',
      }),
    );
    return found;
  }
  const budget = processBudget(facts, { tls: usesTls(context) });
  if (!budget) {
    found.push(
      say('unknown', {
        id: 'process-budget',
        subject: 'process limits',
        message: 'How much memory is left is not known; no limit is raised.',
        facts: [facts.memory.usable],
        source,
      }),
    );
    return found;
  }
  // Also those that have enough take their part: otherwise raising one would make room for another the next time.
  const load = needs.reduce(
    (sum, { id, wanted }) => sum + wanted / (id === 'smtpd-processes' ? budget.smtpd : budget.smtp),
    0,
  );
  const scale = Math.min(1, 1 / load);
  const granted = short.map((need) => ({
    ...need,
    value: Math.max(need.current, Math.floor(need.wanted * scale)),
  }));
  const limit = settings.number('default_process_limit') ?? 100;
  const shared = granted.filter(
    ({ service, value, current }) => service.maxproc === undefined && value > current,
  );
  const together = shared.length > 1 ? Math.max(...shared.map(({ value }) => value)) : undefined;
  for (const need of granted) {
    const bounded = need.value < need.wanted;
    const fields = {
      id: need.id,
      subject: label(need.service),
      formula: bounded ? `${need.formula}, bounded by ${budget.formula}` : need.formula,
      facts: [...need.facts, ...budget.evidence],
      source,
    };
    if (need.value <= need.current) {
      found.push(
        say('keep', {
          ...fields,
          message: `${need.wanted} processes would be needed and the host bears no more than the ${need.current} it has.`,
        }),
      );
      continue;
    }
    const effect = isMailFlowing(facts)
      ? 'Expect up to the ratio of the limits while sessions wait on something; nothing where the CPU is the limit (measured: 1.6 times from 50 to 100, 6% from 100 to 200).'
      : 'Expect up to the ratio of the limits while sessions wait on something and the CPU is free (measured: 1.6 times from 50 to 100).';
    const message = `Sessions wait for a process: ${need.current} are allowed and ${need.wanted} are needed.`;
    found.push(
      change({ ...fields, effect, message, sure: 'measured' }, (because) =>
        together !== undefined && shared.includes(need)
          ? [
              {
                type: 'set-parameter',
                name: 'default_process_limit',
                value: String(Math.max(together, limit)),
                because,
              },
            ]
          : [{ type: 'put-service', service: { ...need.service, maxproc: need.value }, because }],
      ),
    );
  }
  return found;
};

/** No more sessions are useful than bring as much mail as the processors can take. */
function inboundNeed({ facts, settings, workload }: Context): Need | undefined {
  const service = settings.smtpd;
  const current = settings.processLimit(service);
  if (!workload.inbound || !service || current === undefined) return undefined;
  const { connectionsPerSecond, sessionSeconds } = workload.inbound;
  const processors = valueOf(facts.cpu.usable);
  const each = workload.cpuSecondsPerMessage ?? usualCpuSeconds;
  const bearable = processors === undefined ? Infinity : processors / each;
  const rate = Math.min(connectionsPerSecond, bearable);
  return {
    id: 'smtpd-processes',
    service,
    current,
    wanted: Math.max(1, Math.ceil(1.3 * rate * sessionSeconds)),
    formula:
      rate < connectionsPerSecond
        ? `1.3 × ${Math.floor(rate)} connections/s (${processors} processors / ${each * 1000} ms a message) × ${sessionSeconds} s`
        : `1.3 × ${rate} connections/s × ${sessionSeconds} s`,
    facts: [
      `peak of ${connectionsPerSecond} connections/s, sessions of ${sessionSeconds} s`,
      facts.cpu.usable.evidence,
    ],
  };
}

/** A delivery agent needs as many processes as all its destinations together may have connections. */
function outboundNeeds({ settings, workload }: Context): (Need | undefined)[] {
  const byTransport = Map.groupBy(workload.destinations ?? [], ({ transport = 'smtp' }) => transport);
  return [...byTransport].map(([transport, destinations]) => {
    const service = settings.service(transport);
    const current = settings.processLimit(service);
    if (!service || current === undefined) return undefined;
    const parts = destinations.map(({ messagesPerSecond, deliverySeconds, own }) =>
      own
        ? Math.ceil(1.3 * messagesPerSecond * deliverySeconds)
        : Math.min(20, Math.ceil(1.3 * messagesPerSecond * deliverySeconds)),
    );
    return {
      id: `${transport}-processes`,
      service,
      current,
      wanted: Math.max(
        1,
        parts.reduce((sum, part) => sum + part, 0),
      ),
      formula: destinations
        .map((each) => `1.3 × ${each.messagesPerSecond}/s × ${each.deliverySeconds} s (${each.nexthop})`)
        .join(' + '),
      facts: destinations.map(
        (each) => `${each.nexthop}: ${each.messagesPerSecond} messages/s of ${each.deliverySeconds} s`,
      ),
    };
  });
}

function label({ name, type }: Service): string {
  return `${name}/${type} maxproc`;
}

function usesTls({ settings }: Context): boolean {
  return (
    /may|encrypt/.test(settings.text('smtpd_tls_security_level') ?? '') ||
    settings.text('smtpd_use_tls') === 'yes'
  );
}
