import { isHostAddress, mailHostAddress } from '../address/hostname.ts';
import type { Evaluation, Status } from '../session/evaluation.ts';
import { searchAddress, searchDomain, type Search } from './search.ts';

/** Which hosts of a domain are looked up: its mail servers, its name servers, or itself. */
export type ServerKind = 'MX' | 'NS' | 'A';

/**
 * Access by the mail or name servers of a domain: their names, then their addresses. OK is not accepted, for
 * anybody may point a domain at anybody's servers.
 *
 * @see check_server_access in smtpd_check.c
 */
export function searchServers(search: Search, name: string, kind: ServerKind): Status {
  const status = findServers(search, name, kind) ?? 'dunno';
  if (status === 'permit' && !search.run.discard)
    search.run.configurationError(
      `${search.run.node?.name} returns OK for ${name}, which is not allowed: use DUNNO`,
    );
  return status;
}

function findServers(search: Search, name: string, kind: ServerKind): Status | undefined {
  const { run } = search;
  const domain = name.slice(name.lastIndexOf('@') + 1);
  if (domain.startsWith('[')) {
    if (kind === 'NS' || !domain.endsWith(']')) return undefined;
    const address = mailHostAddress(domain.slice(1, -1));
    return address === undefined ? undefined : searchAddress(search, address);
  }
  for (const server of serversOf(run, domain, kind)) {
    if (isHostAddress(server)) {
      const found = searchAddress(search, server);
      if (found !== undefined) return found;
      continue;
    }
    const byName = kind === 'A' ? undefined : searchDomain(search, server, false);
    if (byName !== undefined) return byName;
    const hosts = run.addresses(server);
    if (hosts.status !== 'ok') continue;
    for (const address of hosts.addresses) {
      const found = searchAddress(search, address);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function serversOf(run: Evaluation, domain: string, kind: ServerKind): readonly string[] {
  if (kind === 'A') return [domain];
  if (kind === 'MX') {
    const answer = run.dns(domain, 'MX');
    if (answer.status === 'not-found') return [domain];
    return answer.status === 'ok' ? answer.records.map(({ exchange }) => exchange) : [];
  }
  for (let zone = domain; ;) {
    const answer = run.dns(zone, 'NS');
    if (answer.status === 'ok') return answer.records;
    if (answer.status !== 'not-found') return [];
    const dot = zone.indexOf('.');
    if (dot < 0 || dot + 1 === zone.length) return [];
    zone = zone.slice(dot + 1);
  }
}
