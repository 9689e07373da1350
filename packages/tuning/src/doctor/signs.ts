import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Observation } from '../observe/observation.ts';
import type { Settings } from '../recommend/settings.ts';
import { isCpuBound, isDiskBound } from '../recommend/pressure.ts';
import type { Workload } from '../workload.ts';

export type MeltdownId =
  | 'backscatter'
  | 'dead-disk'
  | 'slow-destination'
  | 'cpu-bound-filter'
  | 'starved-listen-queue'
  | 'dns-failing';

export interface Patient {
  readonly facts: HostFacts;
  readonly settings: Settings;
  readonly observation: Observation;
  readonly workload: Workload;
}

/** Something that speaks for a melt-down; the weights of those present add up to its confidence. */
export interface Sign {
  readonly weight: number;
  /** What was seen, with numbers; undefined where it was not. */
  readonly seen: string | undefined;
}

const percent = (share: number): string => `${Math.round(share * 100)}%`;

/** What each melt-down looks like. The limits are experience, not proof: several signs must come together. */
export const signsOf: Readonly<Record<MeltdownId, (patient: Patient) => readonly Sign[]>> = {
  backscatter: ({ facts, observation: { queue, log } }) => {
    const deferred = valueOf(facts.queue.messages.deferred) ?? queue?.byQueue['deferred'] ?? 0;
    const share = queue && queue.total > 0 ? (queue.bySender['MAILER-DAEMON'] ?? 0) / queue.total : 0;
    const ended = log ? log.sent + log.deferred + log.bounced : 0;
    return [
      sign(
        0.6,
        share > 0.5 && deferred >= 500,
        `${percent(share)} of ${queue?.total ?? 0} queued messages are bounces`,
      ),
      sign(
        0.25,
        log !== undefined && ended > 0 && log.bounced / ended > 0.2,
        `${log?.bounced} of ${ended} deliveries bounced`,
      ),
      sign(
        0.25,
        log !== undefined &&
          log.received > 0 &&
          log.unknownRecipients / log.received > 0.2 &&
          log.rejected < log.unknownRecipients,
        `${log?.unknownRecipients} deliveries to recipients that do not exist`,
      ),
    ];
  },
  'dead-disk': ({ facts, workload }) => {
    const { commit } = workload;
    const broken = (valueOf(facts.raid) ?? []).filter(
      ({ working, devices, rebuilding }) => working < devices || rebuilding,
    );
    const [incoming, active] = [
      valueOf(facts.queue.messages.incoming) ?? 0,
      valueOf(facts.queue.messages.active) ?? 0,
    ];
    return [
      sign(
        0.5,
        isDiskBound(facts),
        `everybody waits for the disk: ${facts.pressure.io.known ? facts.pressure.io.evidence : facts.cpu.iowait.evidence}`,
      ),
      sign(
        0.4,
        commit !== undefined && (commit.p50 > 0.05 || (commit.p99 ?? 0) > 0.5),
        `a commit takes ${commit?.p50} s (p99 ${commit?.p99 ?? 'not known'})`,
      ),
      sign(
        0.2,
        broken.length > 0,
        `${broken.map(({ name }) => name).join(', ')} has lost a disk or is being rebuilt`,
      ),
      sign(
        0.15,
        incoming > 100 && incoming > active,
        `incoming (${incoming}) is larger than active (${active})`,
      ),
    ];
  },
  'slow-destination': ({ facts, settings, observation: { queue, log } }) => {
    const active = valueOf(facts.queue.messages.active) ?? 0;
    const limit = settings.number('qmgr_message_active_limit') ?? 20_000;
    const [domain, messages] = greatest(queue?.byRecipientDomain);
    const share = queue && queue.total > 0 ? messages / queue.total : 0;
    const [relay, slow] =
      Object.entries(log?.relays ?? {}).toSorted(
        ([, a], [, b]) => b.seconds * b.deliveries - a.seconds * a.deliveries,
      )[0] ?? [];
    const local = relay !== undefined && isLoopback(relay);
    return [
      sign(
        0.35,
        (active > 500 || active > 0.8 * limit) && (queue?.total ?? 0) > 500,
        `${active} messages are active`,
      ),
      sign(0.35, share > 0.5 && messages > 200, `${percent(share)} of the queue are for ${domain}`),
      sign(
        0.35,
        slow !== undefined && !local && slow.seconds > 5,
        `${relay} takes ${slow?.seconds} s for a delivery`,
      ),
      sign(
        0.2,
        log !== undefined &&
          log.deferred > 0 &&
          log.timeouts / log.deferred > 0.3 &&
          log.dnsFailures < log.timeouts,
        `${log?.timeouts} deliveries timed out`,
      ),
    ];
  },
  'cpu-bound-filter': ({ facts, settings, observation: { log }, workload }) => {
    const running = Object.keys(valueOf(facts.postfix.processes) ?? {}).filter((name) =>
      /^(amavisd|rspamd|spamd|clamd|policyd-spf|postgrey|milter-)/.test(name),
    );
    const configured = ['content_filter', 'smtpd_proxy_filter', 'smtpd_milters'].filter((name) =>
      settings.text(name)?.trim(),
    );
    const slow = (workload.filters ?? []).filter(
      ({ seconds, cpuSeconds = 0 }) => seconds > 1 || cpuSeconds > 0.1,
    );
    const [relay, filter] =
      Object.entries(log?.relays ?? {}).find(([name, { seconds }]) => isLoopback(name) && seconds > 1) ?? [];
    return [
      sign(
        0.4,
        isCpuBound(facts),
        `everybody waits for the CPU: ${facts.pressure.cpu.known ? facts.pressure.cpu.evidence : facts.cpu.load.evidence}`,
      ),
      sign(
        0.2,
        running.length + configured.length > 0,
        `messages pass ${[...running, ...configured].join(', ')}`,
      ),
      sign(
        0.35,
        slow.length > 0 || filter !== undefined,
        filter
          ? `${relay} takes ${filter.seconds} s a message`
          : slow.map(({ name, seconds }) => `${name} takes ${seconds} s a message`).join(', '),
      ),
    ];
  },
  'starved-listen-queue': ({ facts, settings }) => {
    const limit = settings.processLimit(settings.smtpd) ?? Infinity;
    const processes = (valueOf(facts.postfix.processes) ?? {})['smtpd'] ?? 0;
    const overflows = valueOf(facts.network.listenOverflows) ?? 0;
    const stressed = valueOf(facts.postfix.stressed) ?? 0;
    const waiting = facts.network.listening.find(({ port }) => port === 25)?.waiting ?? 0;
    return [
      sign(0.35, overflows > 100, `${overflows} connections did not fit into a listen queue since boot`),
      sign(0.35, processes >= limit, `all ${limit} smtpd processes are running`),
      sign(0.3, waiting >= 0.5 * Math.min(limit, 128), `${waiting} connections wait on port 25`),
      sign(0.3, stressed > 0, `${stressed} smtpd processes run under stress`),
    ];
  },
  'dns-failing': ({ facts, observation: { queue, log } }) => {
    const deferred = queue?.byQueue['deferred'] ?? 0;
    const byQueue = deferred > 0 ? (queue?.byReason['dns'] ?? 0) / deferred : 0;
    const byLog = log && log.deferred > 0 ? log.dnsFailures / log.deferred : 0;
    const servers = valueOf(facts.resolver.servers);
    return [
      sign(0.5, byQueue > 0.4 && deferred > 100, `${percent(byQueue)} of the deferred mail wait for DNS`),
      sign(
        0.5,
        byLog > 0.4 && (log?.dnsFailures ?? 0) > 20,
        `${log?.dnsFailures} of ${log?.deferred} deferrals are DNS failures`,
      ),
      sign(0.15, servers?.length === 0, 'no name server is configured'),
    ];
  },
};

function sign(weight: number, present: boolean, seen: string): Sign {
  return { weight, seen: present ? seen : undefined };
}

function greatest(counts: Readonly<Record<string, number>> = {}): [string, number] {
  return Object.entries(counts).toSorted(([, a], [, b]) => b - a)[0] ?? ['', 0];
}

function isLoopback(relay: string): boolean {
  return /^(127\.|localhost|\[?::1)/.test(relay);
}
