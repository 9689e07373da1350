import type { Answer, RecordType, Resolver } from '@postern/dns';
import type { Zones } from '@postern/dns';

/**
 * DNS as the OpenSPF suite means it. It holds names with colons, slashes and spaces and follows its own rules
 * for aliases, so it needs less than a real resolver and checks less.
 */
export function suiteResolver(zones: Zones): Resolver {
  const byName = new Map(
    Object.entries(zones).map(([name, zone]) => [canonical(name), zone as Record<string, unknown>]),
  );
  function answer(name: string, type: RecordType, hops: number): Answer {
    const zone = byName.get(canonical(name));
    if (!zone) return { status: 'nxdomain', ttl: 60 };
    const found = zone[type];
    if (found === 'TIMEOUT') return { status: 'failed', reason: 'timeout' };
    if (Array.isArray(found)) return { status: 'found', records: found, ttl: 60 };
    const alias = (zone['CNAME'] as string[] | undefined)?.[0];
    if (alias === undefined) return { status: 'nodata', ttl: 60 };
    return hops > 10 ? { status: 'failed', reason: 'cname-loop' } : answer(alias, type, hops + 1);
  }
  return { resolve: <T extends RecordType>(name: string, type: T) => answer(name, type, 0) as Answer<T> };
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
