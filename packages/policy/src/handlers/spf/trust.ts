import type { Resolver } from '@postern/dns';
import { checkSpf } from '@postern/spf';
import type { SpfHandlerOptions } from './options.ts';
import { readNetworks } from './networks.ts';

/** Names of one client that are looked at, as for ptr in RFC 7208. */
const mostNames = 10;

/** Decides whether a client is one that is not checked. */
export interface Trust {
  /** Why the client is not checked, or undefined. */
  reasonFor(client: string, helo: string, signal: AbortSignal): Promise<string | undefined>;
}

export function makeTrust({
  resolver,
  skip = ['127.0.0.0/8', '::1'],
  trusted = {},
  trustLookupTime = 10_000,
}: SpfHandlerOptions): Trust {
  const skipped = readNetworks(skip);
  const clients = readNetworks(trusted.clients ?? []);
  const helos = new Set((trusted.helo ?? []).map((name) => name.toLowerCase()));
  const { spfDomains = [], ptrDomains = [] } = trusted;

  return {
    async reasonFor(client, helo, signal) {
      if (skipped.contains(client)) return `${client} is a local address`;
      if (clients.contains(client)) return `${client} is a trusted client`;
      if (
        helos.has(helo.toLowerCase()) &&
        (await within(trustLookupTime, signal, (inner) => resolvesTo(resolver, helo, client, inner)))
      )
        return `${helo} is a trusted HELO name`;
      for (const domain of spfDomains) {
        const query = { ip: client, helo: domain, sender: `postmaster@${domain}` };
        const { result } = await checkSpf(query, { resolver, signal, limits: { time: trustLookupTime } });
        if (result === 'pass') return `${client} sends for the trusted domain ${domain}`;
      }
      if (ptrDomains.length === 0) return undefined;
      const name = await within(trustLookupTime, signal, (inner) =>
        confirmedName(resolver, client, ptrDomains, inner),
      );
      return name === undefined ? undefined : `the client's name ${name} is in a trusted domain`;
    },
  };
}

/** Gives a lookup its own time; what is not known in time is not trusted. */
async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return work(AbortSignal.any([signal, AbortSignal.timeout(milliseconds)]));
}

async function resolvesTo(
  resolver: Resolver,
  name: string,
  address: string,
  signal: AbortSignal,
): Promise<boolean> {
  const answer = await resolver.resolve(name, address.includes(':') ? 'AAAA' : 'A', { signal });
  return answer.status === 'found' && readNetworks(answer.records).contains(address);
}

/** A name of the client that resolves back to it and lies in one of the domains. */
async function confirmedName(
  resolver: Resolver,
  address: string,
  domains: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const answer = await resolver.resolve(reverseName(address), 'PTR', { signal });
  if (answer.status !== 'found') return undefined;
  for (const record of answer.records.slice(0, mostNames)) {
    const name = record.toLowerCase();
    const inside = domains.some(
      (domain) => name === domain.toLowerCase() || name.endsWith(`.${domain.toLowerCase()}`),
    );
    if (inside && (await resolvesTo(resolver, name, address, signal))) return name;
  }
  return undefined;
}

function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`;
  const [head = '', tail] = address.split('::');
  const groups = (text: string | undefined): string[] => (text ? text.split(':') : []);
  const zeros = 8 - groups(head).length - groups(tail).length;
  const all = [
    ...groups(head),
    ...Array.from({ length: tail === undefined ? 0 : zeros }, () => '0'),
    ...groups(tail),
  ];
  const nibbles = all.map((group) => group.padStart(4, '0')).join('');
  return `${nibbles.split('').toReversed().join('.')}.ip6.arpa`;
}
