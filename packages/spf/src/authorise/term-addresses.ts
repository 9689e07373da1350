import { parseAddress, parseIp4, parseIp6, type Address } from '../address/address.ts';
import { network, noAddresses, unionAll, type AddressSet } from '../address/range-set.ts';
import { targetName } from '../evaluate/domain.ts';
import type { MacroString } from '../syntax/macro.ts';
import type { AddressTerm, HostTerm } from '../syntax/term.ts';
import { lookUp, type PolicyOptions } from './record-lookup.ts';

/** The addresses a term stands for, or why nobody can list them. */
export type TermAddresses =
  | { readonly status: 'known'; readonly addresses: AddressSet; readonly ttl: number }
  | { readonly status: 'unknown'; readonly because: string };

/** Hosts of one mx term; more make the record a permerror (RFC 7208 section 4.6.4). */
const mostHosts = 10;

/** The name a domain-spec leads to where no macro depends on the client; null where one does. */
export function fixedTarget(spec: MacroString | undefined, domain: string): string | null | undefined {
  if (!spec) return domain;
  if (spec.parts.some((part) => part.type === 'expand' && part.letter !== 'd')) return null;
  const text = spec.parts.map((part) => {
    if (part.type === 'literal') return part.text;
    if (part.type === 'escape') return part.value;
    return part.text === '%{d}' ? domain : null;
  });
  return text.includes(null) ? null : targetName(text.join(''));
}

/** An `ip4` or `ip6` term's network. */
export function networkOf(term: AddressTerm): AddressSet {
  const address: Address =
    term.name === 'ip4'
      ? { family: 4, words: [0, 0, 0, parseIp4(term.address)] }
      : { family: 6, words: parseIp6(term.address) ?? [0, 0, 0, 0] };
  return network(address, term.prefix ?? (term.name === 'ip4' ? 32 : 128));
}

/** Whether bits are set beyond the prefix, which say nothing and are often a mistake. */
export function hasHostBits(term: AddressTerm): boolean {
  if (term.prefix === undefined) return false;
  const whole = networkOf({ ...term, prefix: term.name === 'ip4' ? 32 : 128 });
  const cut = networkOf(term);
  const first = (set: AddressSet): bigint => (set.ip4[0] ?? set.ip6[0])!.first;
  return first(whole) !== first(cut);
}

/** The addresses of an `a` or `mx` term, in both families. */
export async function hostAddresses(
  term: HostTerm,
  domain: string,
  options: PolicyOptions,
): Promise<TermAddresses> {
  const target = fixedTarget(term.domain, domain);
  if (target === null) return { status: 'unknown', because: 'its macros depend on the client' };
  if (target === undefined) return { status: 'known', addresses: noAddresses, ttl: Infinity };
  if (term.name === 'a') return addressesOf([target], term, options);

  const answer = await lookUp(target, 'MX', options);
  if (answer.status === 'failed')
    return { status: 'unknown', because: `DNS failed for ${target} MX: ${answer.reason}` };
  if (answer.status !== 'found') return { status: 'known', addresses: noAddresses, ttl: answer.ttl };
  const hosts = answer.records
    .map(({ exchange }) => exchange.replace(/\.$/, ''))
    .filter((host) => host !== '');
  if (hosts.length > mostHosts)
    return { status: 'unknown', because: `${target} has more than ${mostHosts} MX hosts` };
  const found = await addressesOf(hosts, term, options);
  return found.status === 'known' ? { ...found, ttl: Math.min(found.ttl, answer.ttl) } : found;
}

async function addressesOf(
  hosts: readonly string[],
  { prefix4 = 32, prefix6 = 128 }: HostTerm,
  options: PolicyOptions,
): Promise<TermAddresses> {
  const answers = await Promise.all(
    hosts.flatMap((host) => [
      lookUp(host, 'A', options).then((answer) => ({ host, type: 'A', answer })),
      lookUp(host, 'AAAA', options).then((answer) => ({ host, type: 'AAAA', answer })),
    ]),
  );
  const sets: AddressSet[] = [];
  let ttl = Infinity;
  for (const { host, type, answer } of answers) {
    if (answer.status === 'failed')
      return { status: 'unknown', because: `DNS failed for ${host} ${type}: ${answer.reason}` };
    ttl = Math.min(ttl, answer.ttl);
    if (answer.status !== 'found') continue;
    for (const text of answer.records) {
      const address = parseAddress(text);
      if (address) sets.push(network(address, address.family === 4 ? prefix4 : prefix6));
    }
  }
  return { status: 'known', addresses: unionAll(sets), ttl };
}
