import { abusixLists } from './abusix.ts';
import { addressLists } from './address-lists.ts';
import { deadLists } from './dead-lists.ts';
import type { DeadList, DnsList } from './dns-list.ts';
import { domainLists } from './domain-lists.ts';
import { spamhausLists } from './spamhaus.ts';

/** The day on which the entries were last held against their sources. */
export const registryDate = '2026-11-23';

/** Lists that work, by operator. */
export const knownLists: readonly DnsList[] = [
  ...spamhausLists,
  ...addressLists,
  ...abusixLists,
  ...domainLists,
];

const byZone: ReadonlyMap<string, DnsList> = new Map(knownLists.map((list) => [list.zone, list]));
const byId: ReadonlyMap<string, DnsList> = new Map(knownLists.map((list) => [list.id, list]));

/** What the registry knows of a zone. `zone` is the name to ask, in lower case. */
export type ListMatch =
  | { readonly status: 'alive'; readonly zone: string; readonly list: DnsList; readonly key?: string }
  | { readonly status: 'dead'; readonly zone: string; readonly list: DeadList };

/**
 * Finds a list by its zone, by its keyed form, or by its id; a dead one by any name at or below it.
 *
 *     findList('zen.spamhaus.org')                     the list
 *     findList('0123abcd.zen.dq.spamhaus.net')         the list, with the key
 *     findList('safe.dnsbl.sorbs.net')                 a dead one
 */
export function findList(name: string): ListMatch | undefined {
  const zone = name.toLowerCase().replace(/\.$/, '');
  const list = byZone.get(zone) ?? byId.get(zone);
  if (list !== undefined) return { status: 'alive', zone: list.zone, list };
  for (const candidate of knownLists) {
    const suffix = candidate.keyed?.slice('{key}'.length);
    if (suffix === undefined || !zone.endsWith(suffix)) continue;
    const key = zone.slice(0, -suffix.length);
    if (/^[a-z0-9_-]+$/.test(key)) return { status: 'alive', zone, list: candidate, key };
  }
  const dead = deadLists.find((candidate) => zone === candidate.zone || zone.endsWith(`.${candidate.zone}`));
  return dead && { status: 'dead', zone, list: dead };
}

/** The zone to ask with this key. @throws nothing; a list without a keyed form keeps its zone */
export function keyedZone(list: DnsList, key: string): string {
  return list.keyed?.replace('{key}', key) ?? list.zone;
}

/** The zone that a misspelt name was probably meant to be: at most two letters away from it. */
export function similarZone(name: string): string | undefined {
  const zone = name.toLowerCase().replace(/\.$/, '');
  if (findList(zone) !== undefined) return undefined;
  return knownLists.map((list) => list.zone).find((known) => distance(zone, known, 2) <= 2);
}

/** Insertions, deletions, changes and swaps between two words; `limit + 1` when there are more than `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
      }
    }
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length]!, limit + 1);
}
