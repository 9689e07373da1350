import { isHostAddress } from '../address/hostname.ts';
import { resolveAddress } from '../address/resolve.ts';
import type { Table } from '../tables/table.ts';
import type { Context, Evaluation, Status } from '../session/evaluation.ts';
import { carryOut } from './action.ts';
import { replyClass } from './status-code.ts';

/** One search of an access table: for whom, and in whose words the reply is. */
export interface Search {
  readonly run: Evaluation;
  readonly table: Table;
  readonly replyName: string;
  readonly replyClass: string;
  readonly context: Context;
}

/** What a search came to; undefined when no key is there. */
export type Found = Status | undefined;

/** What a policy server or a table of unknown content may say. */
export const unknownActions = ['DUNNO', 'OK', 'REJECT', 'DEFER_IF_PERMIT'] as const;

/** Looks one key up. @param part  it is not the whole subject: pattern tables are not asked */
export function searchKey(search: Search, key: string, part: boolean, subject: string = key): Found {
  const { run, table } = search;
  if (part && !table.fixed) return undefined;
  const result = table.lookup(key);
  if (result.status === 'absent') return undefined;
  if (result.status === 'found') {
    const source = { table: table.name, key, file: result.at?.file ?? null, line: result.at?.line ?? null };
    return carryOut(run, result.value, source, search, search.context);
  }
  const nowhere = { table: table.name, key, file: null, line: null };
  if (result.status === 'failed') {
    run.reason = `${table.name}: ${result.because}`;
    run.actions.push(`warning: ${table.name}: ${result.because}`);
    return carryOut(run, '451 4.3.5 Server configuration error', nowhere, search, search.context);
  }
  const says = run.assume(
    { what: 'table', name: table.name, because: result.because, ...run.here() },
    `${search.replyClass} ${subject}`,
    unknownActions,
  );
  return says === 'DUNNO' ? undefined : carryOut(run, says, nowhere, search, search.context);
}

/** A name, then its parent domains. @see check_domain_access in smtpd_check.c */
export function searchDomain(search: Search, domain: string, part: boolean): Found {
  const numeric = isHostAddress(domain);
  let isPart = part;
  for (let key = domain.toLowerCase(); key !== '';) {
    // Patterns see the name as it was given; keys of other tables are in lower case.
    const found = searchKey(search, isPart || search.table.fixed ? key : domain, isPart, domain);
    if (found !== undefined) return found;
    const dot = numeric ? -1 : key.indexOf('.', 1);
    if (dot < 0) return undefined;
    key = key.slice(search.run.host.accessParents ? dot + 1 : dot);
    isPart = true;
  }
  return undefined;
}

/** An address, then the networks that its leading octets or groups name. @see check_addr_access in smtpd_check.c */
export function searchAddress(search: Search, address: string): Found {
  const delimiter = address.includes(':') ? ':' : '.';
  for (let key = address, part = false; ; part = true) {
    const found = searchKey(search, key, part, address);
    if (found !== undefined) return found;
    const end = key.lastIndexOf(delimiter);
    if (end < 0) return undefined;
    key = key.slice(0, end);
  }
}

export function searchNameAndAddress(search: Search, name: string, address: string): Found {
  return searchDomain(search, name, false) ?? searchAddress(search, address);
}

/**
 * A mail address: `user+ext@domain`, `user@domain`, the domain and its parents, `user+ext@`, `user@`.
 *
 * @see check_mail_access in smtpd_check.c
 */
export function searchMailAddress(search: Search, address: string): Status {
  const { run } = search;
  const resolved = resolveAddress(run, address);
  if ('failed' in resolved) return run.lookupFailure(address, resolved.failed);
  const bare = run.bareAddress(address);
  const local = resolved.address.slice(0, resolved.address.lastIndexOf('@') + 1);
  const found =
    searchKey(search, resolved.address, false, address) ??
    (bare === undefined ? undefined : searchKey(search, bare.toLowerCase(), true, address)) ??
    searchDomain(search, resolved.domain, true) ??
    searchKey(search, local, true, address) ??
    (bare === undefined
      ? undefined
      : searchKey(search, bare.slice(0, bare.lastIndexOf('@') + 1).toLowerCase(), true, address)) ??
    'dunno';
  // A recipient that asks for further routing is not worth an OK.
  const suspicious =
    resolved.routed &&
    search.replyClass === replyClass.recipient &&
    !run.host.settings.flag('allow_untrusted_routing');
  return found === 'permit' && suspicious ? 'dunno' : found;
}
