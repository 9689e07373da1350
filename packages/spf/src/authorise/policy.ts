import {
  allAddresses,
  intersect,
  noAddresses,
  subtract,
  toNetworks,
  union,
  type AddressSet,
} from '../address/range-set.ts';
import { parseSpf, type SpfRecord } from '../syntax/record.ts';
import type { Mechanism, Qualifier } from '../syntax/term.ts';
import { findRecord, type PolicyOptions } from './record-lookup.ts';
import { fixedTarget, hostAddresses, networkOf, type TermAddresses } from './term-addresses.ts';

/** How every address there is fares under one record, as far as DNS can tell without a client. */
export interface Policy {
  /** Addresses by the qualifier of the term that decides about them; no address stands twice. */
  readonly byQualifier: Readonly<Record<Qualifier, AddressSet>>;
  /** Terms that no list of addresses can stand for; the sets are as if they never matched. */
  readonly unknown: readonly UnknownTerm[];
  /** The shortest TTL of the answers, in seconds: how long this holds. */
  readonly ttl: number;
}

/** A term whose addresses cannot be listed, whose record it stands in, and why. */
export interface UnknownTerm {
  readonly domain: string;
  readonly term: string;
  readonly because: string;
}

/** Includes within includes that are followed; a check would give up after ten lookups. */
const deepest = 20;

/** Works out the policy of a record, includes and redirect followed. */
export async function readPolicy(
  record: SpfRecord,
  domain: string,
  options: PolicyOptions,
  path: readonly string[] = [],
): Promise<Policy> {
  let open = allAddresses;
  let ttl = Infinity;
  const byQualifier: Record<Qualifier, AddressSet> = {
    '+': noAddresses,
    '-': noAddresses,
    '~': noAddresses,
    '?': noAddresses,
  };
  const unknown: UnknownTerm[] = [];
  if (record.problems.length > 0) {
    unknown.push({
      domain,
      term: record.version,
      because: `the record is invalid: ${record.problems[0]!.message}`,
    });
    return { byQualifier, unknown, ttl };
  }

  const decide = (qualifier: Qualifier, addresses: AddressSet): void => {
    byQualifier[qualifier] = union(byQualifier[qualifier], intersect(open, addresses));
    open = subtract(open, addresses);
  };
  for (const term of record.terms) {
    if (term.type !== 'mechanism') continue;
    if (term.name === 'all') {
      decide(term.qualifier, open);
      return { byQualifier, unknown, ttl };
    }
    const found = await mechanismAddresses(term, domain, options, path);
    if ('unknown' in found) unknown.push(...found.unknown);
    if (found.status === 'unknown') {
      unknown.push({ domain, term: term.text, because: found.because });
    } else {
      ttl = Math.min(ttl, found.ttl);
      decide(term.qualifier, found.addresses);
    }
  }

  const redirect = record.terms.find((term) => term.type === 'modifier' && term.name === 'redirect');
  if (redirect?.type === 'modifier') {
    const target = await targetPolicy(fixedTarget(redirect.value, domain), options, [...path, domain]);
    if (typeof target === 'string') {
      unknown.push({ domain, term: redirect.text, because: target });
    } else {
      unknown.push(...target.unknown);
      ttl = Math.min(ttl, target.ttl);
      for (const qualifier of ['+', '-', '~', '?'] as const) decide(qualifier, target.byQualifier[qualifier]);
      return { byQualifier, unknown, ttl };
    }
  }
  decide('?', open);
  return { byQualifier, unknown, ttl };
}

/** The addresses one mechanism matches, and terms inside an include that cannot be listed. */
export async function mechanismAddresses(
  term: Exclude<Mechanism, { name: 'all' }>,
  domain: string,
  options: PolicyOptions,
  path: readonly string[] = [],
): Promise<TermAddresses & { readonly unknown?: readonly UnknownTerm[] }> {
  switch (term.name) {
    case 'ip4':
    case 'ip6':
      return { status: 'known', addresses: networkOf(term), ttl: Infinity };
    case 'a':
    case 'mx':
      return hostAddresses(term, domain, options);
    case 'ptr':
      return { status: 'unknown', because: 'it depends on the client’s own name' };
    case 'exists':
      return { status: 'unknown', because: 'it depends on what DNS says about each client' };
    case 'include': {
      const policy = await targetPolicy(fixedTarget(term.domain, domain), options, [...path, domain]);
      if (typeof policy === 'string') return { status: 'unknown', because: policy };
      return {
        status: 'known',
        addresses: policy.byQualifier['+'],
        ttl: policy.ttl,
        unknown: policy.unknown,
      };
    }
  }
}

async function targetPolicy(
  target: string | null | undefined,
  options: PolicyOptions,
  path: readonly string[],
): Promise<Policy | string> {
  if (target === null) return 'its macros depend on the client';
  if (target === undefined) return 'it leads to no domain name';
  if (path.includes(target)) return `it leads back to ${target}`;
  if (path.length > deepest) return `records lead to records more than ${deepest} deep`;
  const found = await findRecord(target, options);
  if (found.status === 'none') return `${target} publishes no SPF record`;
  if (found.status === 'multiple') return `${target} publishes more than one SPF record`;
  if (found.status === 'failed') return `DNS failed for ${target} TXT: ${found.reason}`;
  const record = parseSpf(found.text);
  if (record.problems.length > 0) return `the record of ${target} is invalid: ${record.problems[0]!.message}`;
  const policy = await readPolicy(record, target, options, path);
  return { ...policy, ttl: Math.min(policy.ttl, found.ttl) };
}

/** The networks of a set, as texts. */
export function networkTexts(set: AddressSet): string[] {
  return toNetworks(set).map(({ text }) => text);
}
