import { isHostname, parseDnsblSite, printDnsblSite } from '../filter/dnsbl-site.ts';
import { parseReplyFilter } from '../filter/reply-filter.ts';
import type { DnsList } from '../registry/dns-list.ts';
import { keyedZone } from '../registry/registry.ts';
import { requireList } from './restrictions.ts';

/** Which lists to ask and how much each of them says. */
export interface BlockListPolicy {
  readonly lists: readonly (string | PolicyList)[];
  /** The score from which a client is turned away (3). */
  readonly threshold?: number;
}

export interface PolicyList {
  /** A registry entry, its zone or its id; for other lists a zone with `weights`. */
  readonly list: DnsList | string;
  /** `[filter, weight]` pairs instead of the registry's. */
  readonly weights?: readonly (readonly [filter: string, weight: number])[];
  readonly key?: string;
}

/** One list of a policy, ready to be written. */
export interface PolicyEntry {
  readonly zone: string;
  readonly weights: readonly (readonly [filter: string, weight: number])[];
  readonly list?: DnsList;
  readonly key?: string;
}

/**
 * What most mail servers can use without registration: ZEN decides alone, the others together, and DNSWL can
 * outweigh one of them.
 */
export const defaultPolicy: BlockListPolicy = {
  lists: ['zen.spamhaus.org', 'bl.spamcop.net', 'psbl.surriel.com', 'bl.mailspike.net', 'list.dnswl.org'],
  threshold: 3,
};

/**
 * The lists of a policy with their zones and weights.
 *
 * @throws RangeError for a list that is dead, unknown without weights, needs a key or has a bad filter
 */
export function policyEntries(policy: BlockListPolicy): PolicyEntry[] {
  return policy.lists.map((item) => {
    const { list: name, weights, key } = typeof item === 'string' ? { list: item } : item;
    if (weights !== undefined) for (const [filter] of weights) requireFilter(filter);
    if (typeof name === 'string' && weights !== undefined && isHostname(name)) return { zone: name, weights };
    const list = requireList(name);
    if (list.terms.access === 'key' && key === undefined)
      throw new RangeError(`${list.zone} answers only with a key`);
    return {
      zone: key === undefined ? list.zone : keyedZone(list, key),
      weights: weights ?? list.weights,
      list,
      ...(key !== undefined && { key }),
    };
  });
}

/**
 * The items of `postscreen_dnsbl_sites`, each `zone=filter*weight`. Lists of domains have no place there and are
 * left out.
 *
 * @throws RangeError as policyEntries
 */
export function postscreenSites(policy: BlockListPolicy): string[] {
  return policyEntries(policy)
    .filter(({ list }) => list === undefined || list.of.includes('address'))
    .flatMap(({ zone, weights }) =>
      weights.map(([filter, weight]) => {
        const { site, problems } = parseDnsblSite(`${zone}=${filter}*${weight}`);
        if (site === undefined) throw new RangeError(`${zone}=${filter}*${weight}: ${problems[0]?.message}`);
        return printDnsblSite(site);
      }),
    );
}

function requireFilter(filter: string): void {
  const [problem] = parseReplyFilter(filter).problems;
  if (problem) throw new RangeError(`"${filter}" is no reply filter: ${problem.message}`);
}
