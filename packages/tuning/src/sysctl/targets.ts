import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Settings } from '../recommend/settings.ts';
import type { Workload } from '../workload.ts';

/** A kernel setting as it should be; `value` is undefined where it should stay. */
export interface SysctlTarget {
  readonly key: string;
  readonly value: string | undefined;
  readonly message: string;
  readonly formula?: string;
  readonly effect: string;
  /** How sure the effect is; by the kernel's documentation where left out. */
  readonly sure?: 'measured' | 'estimate';
}

/** One connection occupies its port for this long after it was closed; tcp_fin_timeout does not shorten it. */
const timeWait = 60;

/** Settings that are only ever too small. */
const sized: ReadonlySet<string> = new Set([
  'net.core.somaxconn',
  'kernel.pid_max',
  'kernel.threads-max',
  'fs.file-max',
]);

/** What each kernel setting should be for mail on this host. */
export function sysctlTargets(facts: HostFacts, settings: Settings, workload: Workload): SysctlTarget[] {
  const number = (key: string): number => Number(facts.sysctl[key]?.value ?? Number.NaN);
  const atLeast = (key: string, least: number): string | undefined =>
    number(key) >= least ? undefined : String(least);
  const unless = (key: string, wanted: number, when = true): string | undefined =>
    when && number(key) !== wanted ? String(wanted) : undefined;

  const limit = settings.number('default_process_limit') ?? 100;
  const finite = (value: number | undefined): number =>
    value === undefined || value === Infinity ? limit : value;
  const backlog = Math.min(65_535, Math.max(4096, limit, finite(settings.processLimit(settings.smtpd))));
  const processes = settings.services.reduce(
    (sum, service) => sum + finite(settings.processLimit(service)),
    0,
  );
  const pressed =
    (valueOf(facts.network.synCookies) ?? 0) > 0 || (valueOf(facts.network.listenDrops) ?? 0) > 0;
  const outbound = (workload.destinations ?? []).reduce(
    (most, { messagesPerSecond }) => Math.max(most, messagesPerSecond),
    0,
  );
  const [low = 32_768, high = 60_999] = (facts.sysctl['net.ipv4.ip_local_port_range']?.value ?? '')
    .split(' ')
    .map(Number);
  const scarce = outbound * timeWait > high - low;
  const tracked = number('net.netfilter.nf_conntrack_max');
  const crowded = number('net.netfilter.nf_conntrack_count') > 0.8 * tracked;
  const swap = (valueOf(facts.memory.swapTotal) ?? 0) > 0;
  const relay = (settings.text('relayhost') ?? '') !== '' && (workload.destinations ?? []).length > 0;
  const targets: readonly SysctlTarget[] = [
    {
      key: 'net.core.somaxconn',
      value: atLeast('net.core.somaxconn', backlog),
      message: 'The kernel caps listen queues here.',
      formula: `max(4096, default_process_limit ${limit}, smtpd processes), as master(8) asks for max(default_process_limit, maxproc)`,
      effect: 'A dropped SYN costs the client 1 s; with room none is dropped.',
      sure: 'measured',
    },
    {
      key: 'net.ipv4.tcp_max_syn_backlog',
      value: pressed ? atLeast('net.ipv4.tcp_max_syn_backlog', 4096) : undefined,
      message: pressed
        ? 'Connections were dropped or answered with cookies.'
        : 'No connection was dropped: the SYN queue is long enough.',
      effect: 'More half-open connections are kept; cookies remain the fallback.',
    },
    {
      key: 'net.ipv4.tcp_syncookies',
      value: number('net.ipv4.tcp_syncookies') === 0 ? '1' : undefined,
      message: 'Cookies keep the port open under a flood.',
      effect: 'None outside of a flood.',
    },
    {
      key: 'net.ipv4.ip_local_port_range',
      value: scarce && low > 10_240 ? '10240 65535' : undefined,
      message: scarce
        ? 'More connections a minute go to one server than there are ports.'
        : `${high - low} ports carry ${Math.floor((high - low) / timeWait)} connections/s to one server.`,
      formula: `${outbound}/s × ${timeWait} s against ${high - low} ports`,
      effect: 'No “cannot assign requested address” to a busy relay.',
    },
    {
      key: 'net.ipv4.tcp_tw_reuse',
      value: scarce ? unless('net.ipv4.tcp_tw_reuse', 1) : undefined,
      message: scarce
        ? 'Ports in TIME_WAIT may be used again for new connections out.'
        : 'Ports are not scarce.',
      effect: 'As for the port range.',
    },
    {
      key: 'net.ipv4.tcp_slow_start_after_idle',
      value: relay ? unless('net.ipv4.tcp_slow_start_after_idle', 0) : undefined,
      message: relay
        ? 'Connections to the relay are used again after a pause and need not start slowly.'
        : 'Matters only with connection reuse to a distant relay.',
      effect: 'Grows with the distance of the relay.',
      sure: 'estimate',
    },
    {
      key: 'net.ipv4.tcp_mtu_probing',
      value: number('net.ipv4.tcp_mtu_probing') === 0 ? '1' : undefined,
      message:
        'Where ICMP is filtered on the way, messages longer than a segment stall (“lost connection while sending message body”).',
      effect: 'Such deliveries succeed; none otherwise.',
    },
    {
      key: 'net.ipv4.tcp_abort_on_overflow',
      value: number('net.ipv4.tcp_abort_on_overflow') === 1 ? '0' : undefined,
      message: '1 turns a retry after 1 s into a refused connection.',
      effect: 'Clients retry instead of failing.',
    },
    {
      key: 'net.ipv4.tcp_fin_timeout',
      value: undefined,
      message: 'Concerns orphans in FIN_WAIT2 alone; it does not shorten TIME_WAIT.',
      effect: 'None.',
    },
    {
      key: 'net.ipv4.tcp_keepalive_time',
      value: undefined,
      message: 'smtpd_timeout ends dead sessions first.',
      effect: 'None outside of a wait for DATA.',
    },
    {
      key: 'net.ipv4.tcp_syn_retries',
      value: undefined,
      message: 'smtp_connect_timeout (30 s) ends the attempt first.',
      effect: 'None.',
    },
    {
      key: 'net.core.netdev_max_backlog',
      value: undefined,
      message: 'A queue of the network card’s driver; mail does not fill it.',
      effect: 'None.',
    },
    ...(['accept_redirects', 'send_redirects', 'accept_source_route'] as const).map((name) => ({
      key: `net.ipv4.conf.all.${name}`,
      value: unless(`net.ipv4.conf.all.${name}`, 0),
      message: 'A mail server is no router and takes no routes from strangers.',
      effect: 'Hardening; none on speed.',
    })),
    {
      key: 'net.ipv4.conf.all.rp_filter',
      value: undefined,
      message:
        'Strict filtering drops mail on hosts with more than one way out; the distribution knows better.',
      effect: 'Hardening; none on speed.',
    },
    ...(['net.core.rmem_max', 'net.core.wmem_max'] as const).map((key) => ({
      key,
      value: undefined,
      message:
        'Postfix does not ask for socket buffers; the kernel sizes them itself up to tcp_rmem and tcp_wmem.',
      effect: 'None.',
    })),
    {
      key: 'net.core.default_qdisc',
      value: undefined,
      message: 'Mail is not sensitive to the order of packets.',
      effect: 'None.',
    },
    {
      key: 'net.netfilter.nf_conntrack_max',
      value: crowded ? String(2 * tracked) : undefined,
      message: crowded
        ? 'The table of connections is nearly full: new ones are dropped.'
        : 'The table of connections has room.',
      formula: `2 × ${Number.isFinite(tracked) ? tracked : '?'} where more than 80% are taken`,
      effect: 'Connections are not dropped by the firewall.',
    },
    {
      key: 'fs.nr_open',
      value: undefined,
      message: 'A process of Postfix opens tens of files.',
      effect: 'None.',
    },
    {
      key: 'kernel.threads-max',
      value: atLeast('kernel.threads-max', 4 * processes),
      message: 'All services together may start more processes than there may be threads.',
      formula: `4 × ${processes} processes`,
      effect: 'None before thousands of processes.',
    },
    {
      key: 'vm.swappiness',
      value: swap && number('vm.swappiness') > 10 ? '10' : undefined,
      message: swap ? 'Idle smtpd processes (1.3 MB each) should stay in memory.' : 'There is no swap.',
      effect: 'Fewer slow starts of sessions.',
      sure: 'estimate',
    },
    {
      key: 'vm.dirty_ratio',
      value: undefined,
      message: 'Postfix commits every message itself; this does not bound it.',
      effect: 'None.',
    },
    {
      key: 'kernel.pid_max',
      value: atLeast('kernel.pid_max', Math.min(4_194_304, 4 * processes)),
      message: 'All services together may start more processes than there are ids.',
      formula: `4 × ${processes} processes`,
      effect: 'None before thousands of processes.',
    },
    {
      key: 'fs.file-max',
      value: atLeast('fs.file-max', Math.ceil(1.5 * processes * 30)),
      message: 'All services together may open more files than the machine has.',
      formula: `1.5 × ${processes} processes × 30 files`,
      effect: 'No “too many open files in system”.',
    },
  ];
  return targets
    .filter(({ key }) => facts.sysctl[key] !== undefined)
    .map((target) =>
      target.value === undefined && sized.has(target.key) ? { ...target, message: 'Large enough.' } : target,
    );
}
