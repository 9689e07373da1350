import { readSections } from '../probe/sections.ts';
import { cgroupProcessLimit } from './cgroup.ts';
import { readDisks, readQueue, readRaid } from './disks.ts';
import { count, decimal, Evidence, known, unknown, type Fact } from './fact.ts';
import type { HostFacts, Limits, Network, PostfixFacts, Sysctl } from './host-facts.ts';
import { readBeancounters, readMemory } from './memory.ts';
import { readCpu, readPressure } from './processor.ts';
import { readVirtualisation } from './virtualisation.ts';

/**
 * Reads what the probe printed. Never throws: what is missing, torn or makes no sense is unknown, with the reason.
 *
 * @param output  all that the probe wrote to standard output; the first 256 Ki characters are read
 */
export function parseFacts(output: string): HostFacts {
  const { byName, problems } = readSections(output);
  const section = (name: string): Evidence => new Evidence(byName.get(name), name);
  const [meta, virt, cgroup, memory, disk, psi] = (
    ['meta', 'virt', 'cgroup', 'memory', 'disk', 'psi'] as const
  ).map(section) as [Evidence, Evidence, Evidence, Evidence, Evidence, Evidence];
  const beancounters = readBeancounters(memory);
  const release = (name: string): string | undefined =>
    meta
      .all('/etc/os-release')
      .find((line) => line.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', '')
      .trim();
  const id = release('ID');
  return {
    probe: {
      time: meta.fact('time', count),
      root: meta.fact('uid', (text) => (count(text) === undefined ? undefined : count(text) === 0)),
      problems,
    },
    system: {
      kernel: meta.fact('uname', (text) => (/^Linux \S+ \S+$/.test(text) ? text.split(' ')[1] : undefined)),
      distribution:
        id === undefined
          ? meta.missing('/etc/os-release')
          : known([id, release('VERSION_ID')].filter(Boolean).join(' '), '/etc/os-release'),
      uptime: meta.fact('/proc/uptime', (text) => decimal(text.split(' ')[0] ?? '')),
    },
    virtualisation: readVirtualisation(virt, section('cpu')),
    cpu: readCpu(section('cpu'), virt, cgroup),
    memory: readMemory(memory, cgroup, beancounters),
    pressure: {
      cpu: readPressure(psi, 'cpu'),
      io: readPressure(psi, 'io'),
      memory: readPressure(psi, 'memory'),
    },
    beancounters,
    disks: readDisks(disk),
    raid: readRaid(disk),
    queue: readQueue(section('queue')),
    limits: readLimits(section('limits'), cgroup),
    sysctl: readSysctls(section('sysctl')),
    network: readNetwork(section('net')),
    clock: readClock(section('clock')),
    resolver: readResolver(section('dns')),
    postfix: readPostfix(section('postfix'), section('processes')),
  };
}

function readLimits(limits: Evidence, cgroup: Evidence): Limits {
  const amount = (text: string): number | undefined => (text === 'unlimited' ? Infinity : count(text));
  const master = (name: string): Fact<number> => {
    const line = limits.all('limits').find((text) => text.startsWith(name));
    if (line === undefined) return limits.missing('limits');
    const value = amount(line.slice(name.length).trim().split(/\s+/)[0] ?? '');
    return value === undefined
      ? unknown('not-understood', line)
      : finite(known(value, line.trim().replaceAll(/\s+/g, ' ')));
  };
  const files = (index: number): Fact<number> =>
    limits.fact('/proc/sys/fs/file-nr', (text) => {
      const value = Number(text.split(/\s+/)[index]);
      return Number.isSafeInteger(value)
        ? value
        : Number(text.split(/\s+/)[index]) > 2 ** 53
          ? 2 ** 53 - 1
          : undefined;
    });
  return {
    openFiles: finite(limits.fact('nofile', (text) => amount(text.split(' ')[0] ?? ''))),
    processes: finite(limits.fact('nproc', amount)),
    masterOpenFiles: master('Max open files'),
    masterProcesses: master('Max processes'),
    cgroupProcesses: cgroupProcessLimit(cgroup),
    filesOpen: files(0),
    filesMost: files(2),
  };
}

/** No limit is a limit that is absent: JSON has no infinity. */
function finite(fact: Fact<number>): Fact<number> {
  return fact.known && fact.value === Infinity ? unknown('absent', fact.evidence) : fact;
}

function readSysctls(section: Evidence): Record<string, Sysctl> {
  const fixed = new Set(section.all('fixed'));
  const tested = section.whole && section.has('tested', 'yes');
  return Object.fromEntries(
    section
      .entries()
      .filter(({ key }) => /^[a-z][\w/-]{2,80}$/.test(key) && key.includes('/'))
      .map(({ key, value }) => [
        key.replaceAll('/', '.'),
        { value: value.trim().replaceAll(/\s+/g, ' '), writable: tested && !fixed.has(key) },
      ]),
  );
}

function readNetwork(net: Evidence): Network {
  return {
    listenOverflows: net.fact('ListenOverflows', count),
    listenDrops: net.fact('ListenDrops', count),
    synCookies: net.fact('SyncookiesSent', count),
    retransmitted: net.fact('RetransSegs', count),
    sent: net.fact('OutSegs', count),
    inboundConnections: net.fact('in', count),
    outboundConnections: net.fact('out', count),
    timeWait: net.fact('time-wait', count),
    listening: net.all('listen').flatMap((line) => {
      const match = /^([0-9A-F]{4}) ([0-9A-F]{8})$/.exec(line);
      return match ? [{ port: parseInt(match[1]!, 16), waiting: parseInt(match[2]!, 16) }] : [];
    }),
  };
}

function readClock(clock: Evidence): HostFacts['clock'] {
  const daemons = clock.all('daemon').map((name) => name.trim());
  const told = clock.fact('sync', (text) => (text === 'yes' ? true : text === 'no' ? false : undefined));
  return {
    source: clock.fact(
      '/sys/devices/system/clocksource/clocksource0/current_clocksource',
      (text) => text || undefined,
    ),
    synchronised: told,
    daemons,
  };
}

function readResolver(dns: Evidence): HostFacts['resolver'] {
  const servers = dns
    .all('/etc/resolv.conf')
    .flatMap((line) => /^nameserver\s+([0-9A-Fa-f.:]{2,45}(?:%\w+)?)\s*$/.exec(line)?.[1] ?? []);
  const evidence = `/etc/resolv.conf: ${servers.join(' ')}`;
  return {
    servers:
      dns.all('/etc/resolv.conf').length === 0 ? dns.missing('/etc/resolv.conf') : known(servers, evidence),
    local:
      servers.length === 0
        ? dns.missing('/etc/resolv.conf')
        : known(
            servers.every((address) => /^(127\.|::1$)/.test(address)),
            evidence,
          ),
  };
}

function readPostfix(postfix: Evidence, processes: Evidence): PostfixFacts {
  const settings: Record<string, string> = {};
  for (const { key, value } of postfix.entries()) {
    if (/^[a-z][a-z0-9_]+$/.test(key) && key !== 'config' && key !== 'service') settings[key] = value.trim();
  }
  const services = postfix.all('service').map((line) => line.trim());
  const running: Record<string, number> = {};
  for (const { key, value } of processes.entries()) {
    const number = count(value);
    if (key !== 'stress' && number !== undefined) running[key] = number;
  }
  return {
    version: postfix.isUnreadable('postconf')
      ? unknown('absent', 'postconf is not installed')
      : postfix.isUnreadable('main.cf')
        ? unknown('unreadable', 'main.cf')
        : postfix.fact('mail_version', (text) => (/^\d+\.\d+[\w.-]*$/.test(text) ? text : undefined)),
    directory: postfix.fact('config', (text) => (text.startsWith('/') ? text : undefined)),
    settings,
    services: !postfix.whole
      ? unknown('damaged', 'section postfix')
      : services.length === 0
        ? postfix.missing('master.cf')
        : known(services, `master.cf, ${services.length} services`),
    processes: processes.whole ? known(running, '/proc/*/comm') : processes.missing('processes'),
    stressed: processes.fact('stress', count),
  };
}
