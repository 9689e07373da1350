import { parseFacts, type Configuration, type Fact, type HostFacts } from '../src/index.ts';
import { readHost } from './frame.ts';

export const master = `smtp      inet  n       -       y       -       -       smtpd
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
smtp      unix  -       -       y       -       -       smtp
relay     unix  -       -       y       -       -       smtp
bounce    unix  -       -       y       -       0       bounce
`;

export function configuration(
  main = 'compatibility_level = 3.6\nmyhostname = mx.example.com\n',
  version = '3.7.11',
): Configuration {
  return { main, master, version };
}

export function fact<T>(value: T): Fact<T> {
  return { known: true, value, evidence: `told by the test: ${JSON.stringify(value)}` };
}

/** Facts of a healthy host, with others in their place. */
export function healthyHost(change: (facts: HostFacts) => Partial<HostFacts> = () => ({})): HostFacts {
  const facts = parseFacts(readHost('kvm'));
  const whole: HostFacts = {
    ...facts,
    network: {
      ...facts.network,
      listenOverflows: fact(0),
      listenDrops: fact(0),
      synCookies: fact(0),
      retransmitted: fact(10),
      sent: fact(100_000),
    },
    pressure: {
      ...facts.pressure,
      cpu: fact({ some: [0.05, 0.05, 0.05], full: [0, 0, 0] }),
      memory: fact({ some: [0, 0, 0], full: [0, 0, 0] }),
    },
    sysctl: Object.fromEntries(
      Object.entries({
        'net.core.somaxconn': '4096',
        'net.ipv4.tcp_syncookies': '1',
        'net.ipv4.tcp_mtu_probing': '1',
        'net.ipv4.tcp_abort_on_overflow': '0',
        'net.ipv4.tcp_max_syn_backlog': '2048',
        'net.ipv4.ip_local_port_range': '32768 60999',
        'net.ipv4.tcp_tw_reuse': '2',
        'net.ipv4.conf.all.accept_redirects': '0',
        'net.ipv4.conf.all.send_redirects': '0',
        'net.ipv4.conf.all.accept_source_route': '0',
        'vm.swappiness': '10',
        'kernel.pid_max': '32768',
        'fs.file-max': '2466170',
      }).map(([key, value]) => [key, { value, writable: true }]),
    ),
    postfix: {
      ...facts.postfix,
      version: fact('3.7.11'),
      stressed: fact(0),
      processes: fact({ master: 1, qmgr: 1, smtpd: 4, smtp: 6 }),
    },
  };
  return { ...whole, ...change(whole) };
}
