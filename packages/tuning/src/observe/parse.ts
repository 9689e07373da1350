import { decimal, Evidence } from '../facts/fact.ts';
import { readSections } from '../probe/sections.ts';
import type { Workload } from '../workload.ts';
import type { LogRates, Observation, QueueSummary } from './observation.ts';

/** Reads what `observeScript` printed; a part that is missing or torn is left out. */
export function parseObservation(output: string): Observation {
  const { byName } = readSections(output);
  const log = readLog(new Evidence(byName.get('log'), 'log'));
  const queue = readMail(new Evidence(byName.get('mail'), 'mail'));
  return { ...(queue && { queue }), ...(log && { log }) };
}

function readLog(section: Evidence): LogRates | undefined {
  const number = (key: string): number => decimal(section.all(key)[0] ?? '') ?? 0;
  if (section.all('seconds').length === 0) return undefined;
  return {
    seconds: number('seconds'),
    connections: number('connections'),
    peakPerSecond: number('peak'),
    sessionSeconds: number('session'),
    sessionError: number('session-error'),
    received: number('received'),
    rejected: number('rejected'),
    sent: number('sent'),
    deferred: number('deferred'),
    bounced: number('bounced'),
    dnsFailures: number('dns'),
    timeouts: number('timeouts'),
    unknownRecipients: number('unknown'),
    relays: Object.fromEntries(
      section.all('relay').flatMap((line) => {
        const match = /^([\w.:-]{1,255}) (\d{1,9}) (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)$/.exec(line);
        if (!match) return [];
        const [deliveries, seconds, error] = match.slice(2).map(Number) as [number, number, number];
        return [[match[1]!, { deliveries, seconds, error }]];
      }),
    ),
  };
}

function readMail(section: Evidence): QueueSummary | undefined {
  const total = decimal(section.all('total')[0] ?? '');
  if (total === undefined) return undefined;
  const group = (prefix: string): Record<string, number> =>
    Object.fromEntries(
      section
        .entries()
        .flatMap(({ key, value }) =>
          key.startsWith(prefix) ? [[key.slice(prefix.length), decimal(value) ?? 0]] : [],
        ),
    );
  const bounces = decimal(section.all('null')[0] ?? '') ?? 0;
  return {
    total,
    byQueue: group('queue.'),
    bySender: { 'MAILER-DAEMON': bounces, others: total - bounces },
    byRecipientDomain: group('domain.'),
    byReason: group('reason.'),
    byAge: group('age.'),
  };
}

/** What an observation says of the workload; what it does not say stays out. */
export function workloadOf({ log, queue }: Observation): Workload {
  const deferred = queue?.byQueue['deferred'] ?? 0;
  return {
    ...(log &&
      log.connections >= 100 && {
        inbound: {
          connectionsPerSecond: log.peakPerSecond,
          sessionSeconds: log.sessionSeconds,
          ...(log.sessionError !== undefined && { sessionError: log.sessionError }),
          messagesPerSession: log.received / log.connections,
          rejectedShare: Math.max(0, 1 - log.received / log.connections),
        },
      }),
    ...(log &&
      log.seconds >= 60 && {
        destinations: Object.entries(log.relays)
          .filter(([name, { deliveries }]) => name !== 'none' && name !== 'local' && deliveries >= 50)
          .map(([nexthop, { deliveries, seconds, error }]) => ({
            nexthop,
            messagesPerSecond: Number((deliveries / log.seconds).toPrecision(3)),
            deliverySeconds: Number(seconds.toPrecision(3)),
            ...(error !== undefined && { deliveryError: Number(error.toPrecision(3)) }),
          })),
      }),
    ...(queue && deferred > 0 && { nullSenderShare: (queue.bySender['MAILER-DAEMON'] ?? 0) / queue.total }),
  };
}
