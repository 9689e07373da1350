import { valueOf } from '../facts/fact.ts';
import { usualCpuSeconds } from '../workload.ts';
import { say, type Adviser, type Recommendation } from './recommendation.ts';

const programs: Readonly<Record<string, string>> = {
  amavisd: 'amavis',
  'amavisd-new': 'amavis',
  rspamd: 'rspamd',
  spamd: 'SpamAssassin',
  clamd: 'ClamAV',
  opendkim: 'OpenDKIM',
  opendmarc: 'OpenDMARC',
  postgrey: 'postgrey',
  'policyd-spf': 'policyd-spf',
};

/** What content filters, milters and policy services take of each message; the limit is theirs, not Postfix's. */
export const adviseFilters: Adviser = ({ settings, facts, workload }) => {
  const running = Object.keys(valueOf(facts.postfix.processes) ?? {}).flatMap((name) => programs[name] ?? []);
  const configured = [
    ...['content_filter', 'smtpd_proxy_filter', 'smtpd_milters'].filter((name) =>
      settings.text(name)?.trim(),
    ),
    ...(/check_policy_service/.test(settings.text('smtpd_recipient_restrictions') ?? '')
      ? ['check_policy_service']
      : []),
  ];
  const source =
    'FILTER_README, SMTPD_POLICY_README; measured CPU a message: 4.3 ms alone, 6.3 ms through a proxy filter, 8.2 ms through a content filter';
  const cores = valueOf(facts.cpu.usable);
  const measured = (workload.filters ?? []).map((filter): Recommendation => {
    const session = workload.inbound?.sessionSeconds;
    const share = session === undefined || session === 0 ? undefined : Math.min(1, filter.seconds / session);
    const cpu = filter.cpuSeconds;
    const useful = cpu && cores ? Math.max(1, Math.ceil((1.3 * cores * filter.seconds) / cpu)) : undefined;
    return say('advice', {
      id: `filter-${filter.name}`,
      subject: filter.name,
      message:
        `${filter.name} takes ${filter.seconds} s of each message` +
        (share === undefined ? '' : `, ${Math.round(share * 100)}% of a session`) +
        (useful === undefined
          ? '. Measure its CPU time to know how many of it are useful.'
          : `. More than ${useful} at once only wait for the CPU: give it that many workers, and the service that calls it the same maxproc.`),
      ...(useful !== undefined && { formula: `1.3 × ${cores} processors × ${filter.seconds} s / ${cpu} s` }),
      facts: [facts.cpu.usable],
      source,
      effect: cpu
        ? `Of the CPU time of a message ${Math.round((cpu / (cpu + (workload.cpuSecondsPerMessage ?? usualCpuSeconds))) * 100)}% are its.`
        : 'Not known without its CPU time.',
    });
  });
  if (measured.length > 0 || (configured.length === 0 && running.length === 0)) return measured;
  return [
    say('unknown', {
      id: 'filters',
      subject: configured[0] ?? 'filters',
      message: `Messages also pass ${[...running, ...configured].join(', ')}. How long they take is not known; the time is in the log of each (delays=) and of the filter.`,
      facts: [facts.postfix.processes],
      source,
    }),
  ];
};
