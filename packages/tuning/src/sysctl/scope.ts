import { valueOf } from '../facts/fact.ts';
import type { HostFacts } from '../facts/host-facts.ts';

/** Network settings that every network namespace has for itself. @see ip-sysctl, and tries in private namespaces */
const hostNetwork =
  /^net\.(core\.(netdev_max_backlog|default_qdisc|[rw]mem_(max|default))|ipv4\.tcp_mem|netfilter\.nf_conntrack_max)$/;

/** Whose a kernel setting is: a namespace's own, or the whole machine's. */
export function sysctlScope(key: string): 'namespace' | 'machine' {
  return key.startsWith('net.') && !hostNetwork.test(key) ? 'namespace' : 'machine';
}

/**
 * Whether a setting may be changed here. In a container only its own settings are, whatever the kernel would let
 * root do: the others change every neighbour's machine. What kind of container it is does not matter; whether it is
 * one, and what the write test said, does.
 */
export function sysctlPermission(facts: HostFacts, key: string): 'here' | 'ask-the-host' | 'unknown' {
  const container = valueOf(facts.virtualisation.container);
  const setting = facts.sysctl[key];
  if (!setting || container === undefined) return 'unknown';
  if (container === 'none') {
    // An ordinary user may write nothing; the plan is applied by root.
    return setting.writable || valueOf(facts.probe.root) === false ? 'here' : 'ask-the-host';
  }
  return sysctlScope(key) === 'namespace' && setting.writable ? 'here' : 'ask-the-host';
}
