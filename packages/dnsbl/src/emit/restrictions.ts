import type { DnsList } from '../registry/dns-list.ts';
import { findList, keyedZone } from '../registry/registry.ts';

export interface EmitOptions {
  /** The key of a keyed service; it becomes part of the zone. */
  readonly key?: string;
}

/** The names a domain list can be asked about. */
export type DomainOf = 'client' | 'reverse_client' | 'helo' | 'sender' | 'recipient';

/**
 * `reject_rbl_client` that trusts the list's listing codes only: neither its error codes nor a parked domain
 * can turn mail away.
 *
 *     rejectRblClient('zen.spamhaus.org')     reject_rbl_client zen.spamhaus.org=127.0.0.[2..11]
 *
 * @throws RangeError for a name that is not a working block list of addresses
 */
export function rejectRblClient(list: DnsList | string, options: EmitOptions = {}): string {
  return `reject_rbl_client ${trusted(list, 'address', ['block', 'mixed'], options)}`;
}

/** `permit_dnswl_client` for an allow list. @throws RangeError for a name that is not one */
export function permitDnswlClient(list: DnsList | string, options: EmitOptions = {}): string {
  return `permit_dnswl_client ${trusted(list, 'address', ['allow'], options)}`;
}

/** `reject_rhsbl_sender` and its like for a list of domains. @throws RangeError for a name that is not one */
export function rejectRhsbl(of: DomainOf, list: DnsList | string, options: EmitOptions = {}): string {
  return `reject_rhsbl_${of} ${trusted(list, 'domain', ['block', 'mixed'], options)}`;
}

/** `zone=filter` of a list. */
export function filteredZone(list: DnsList, { key }: EmitOptions = {}): string {
  return `${key === undefined ? list.zone : keyedZone(list, key)}=${list.filter}`;
}

/** The working list of that name. @throws RangeError that says why there is none */
export function requireList(list: DnsList | string): DnsList {
  if (typeof list !== 'string') return list;
  const match = findList(list);
  if (match === undefined)
    throw new RangeError(`${list} is not in the registry; write its reply filter yourself`);
  if (match.status === 'dead')
    throw new RangeError(`${list} must not be used: ${match.list.name} is ${match.list.fate}`);
  return match.list;
}

function trusted(
  name: DnsList | string,
  of: 'address' | 'domain',
  kinds: readonly DnsList['kind'][],
  options: EmitOptions,
): string {
  const list = requireList(name);
  if (!list.of.includes(of))
    throw new RangeError(`${list.zone} does not list ${of === 'address' ? 'addresses' : 'domains'}`);
  if (!kinds.includes(list.kind))
    throw new RangeError(`${list.zone} is ${list.kind === 'allow' ? 'an allow' : 'a block'} list`);
  // A keyed name that findList has recognised carries its key already.
  const key = options.key ?? (typeof name === 'string' ? keyOf(name) : undefined);
  if (list.terms.access === 'key' && key === undefined)
    throw new RangeError(`${list.zone} answers only with a key`);
  return filteredZone(list, key === undefined ? {} : { key });
}

function keyOf(name: string): string | undefined {
  const match = findList(name);
  return match?.status === 'alive' ? match.key : undefined;
}
