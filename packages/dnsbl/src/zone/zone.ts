import { parseDnsblSite } from '../filter/dnsbl-site.ts';
import { parseReplyFilter, type ReplyFilter } from '../filter/reply-filter.ts';
import type { BitCodes, Codes, DnsList, ErrorReason, TestPoints } from '../registry/dns-list.ts';
import { findList, similarZone } from '../registry/registry.ts';

/** A list to ask, in your own words. What is left out comes from the registry, where it knows the zone. */
export interface ZoneOptions {
  readonly zone: string;
  /** `block` unless the registry says otherwise. */
  readonly kind?: 'block' | 'allow' | 'mixed';
  /** What may be looked up in it; both unless the registry says otherwise. */
  readonly of?: readonly ('address' | 'domain')[];
  readonly ipv6?: boolean;
  /**
   * What its answers mean. An answer that is not among them is an error. Without them every answer in 127.0.0.0/8
   * counts, except 127.0.0.1 and the error codes 127.255.255.x.
   */
  readonly codes?: Codes;
  readonly bits?: BitCodes;
  /** Which answers count, as in `reject_rbl_client zone=filter`; error codes do not count even when it matches them. */
  readonly filter?: string;
  /** What a listing adds to the score (1; an allow list −1). */
  readonly weight?: number;
  /** Several `[filter, weight]` pairs in place of `filter` and `weight`, as in postscreen_dnsbl_sites. */
  readonly weights?: readonly (readonly [filter: string, weight: number])[];
  /** The key of a keyed service, where the zone is the name behind the key. */
  readonly key?: string;
  /** Queries a day that may be sent; the registry's number, or no limit. */
  readonly queriesADay?: number;
  readonly testPoints?: {
    readonly ipv4?: TestPoints;
    readonly ipv6?: TestPoints;
    readonly domain?: TestPoints;
  };
}

/** A zone as it is used at run time. */
export interface Zone {
  readonly name: string;
  readonly list?: DnsList;
  readonly kind: 'block' | 'allow' | 'mixed';
  readonly of: readonly ('address' | 'domain')[];
  readonly ipv6: boolean;
  readonly codes?: Codes;
  readonly bits?: BitCodes;
  /** What counts, and how much; without a filter every answer that is no error. */
  readonly scores: readonly { readonly filter?: ReplyFilter; readonly weight: number }[];
  /** Whether the filters were given by the caller, and alone say what is a listing. */
  readonly filtered: boolean;
  readonly queriesADay?: number;
  readonly testPoints: {
    readonly ipv4?: TestPoints;
    readonly ipv6?: TestPoints;
    readonly domain?: TestPoints;
  };
  /** Why it is never asked. */
  readonly refusal?: { readonly reason: ErrorReason; readonly meaning: string };
}

/**
 * Makes the zones of a checker from what the caller wrote. Items of the same zone become one that is asked once, with
 * the weights of all of them, as postscreen does.
 */
export function makeZones(items: readonly (string | ZoneOptions)[]): Zone[] {
  const zones = new Map<string, Zone>();
  for (const item of items) {
    const zone = makeZone(typeof item === 'string' ? readItem(item) : item, typeof item === 'string');
    const before = zones.get(zone.name);
    zones.set(
      zone.name,
      before
        ? {
            ...before,
            scores: [...before.scores, ...zone.scores],
            filtered: before.filtered && zone.filtered,
          }
        : zone,
    );
  }
  return [...zones.values()];
}

/** `zone=filter*weight` as options; a text that is no such thing is kept as the zone's name, to be refused later. */
function readItem(text: string): ZoneOptions & { readonly mistake?: string } {
  const equals = text.indexOf('=');
  const star = text.indexOf('*');
  const { site, problems } = parseDnsblSite(text);
  if (site === undefined) return { zone: text, mistake: problems[0]!.message };
  return {
    zone: site.zone,
    ...(equals >= 0 && { filter: text.slice(equals + 1, star < 0 ? undefined : star) }),
    ...(site.weight !== undefined && { weight: site.weight }),
  };
}

function makeZone(options: ZoneOptions & { readonly mistake?: string }, guess: boolean): Zone {
  const written = options.zone.toLowerCase().replace(/\.$/, '');
  const known = findList(written);
  const list = known?.status === 'alive' ? known.list : undefined;
  // An id stands for the list's zone; a name that holds its key already is asked as it is.
  const name =
    known?.status === 'alive'
      ? options.key === undefined
        ? known.zone
        : keyed(known.list, options.key)
      : written;
  const kind = options.kind ?? list?.kind ?? 'block';
  const weight = options.weight ?? (kind === 'allow' ? -1 : 1);
  const filters =
    options.weights ?? (options.filter === undefined ? undefined : ([[options.filter, weight]] as const));
  const mistakes: string[] = options.mistake === undefined ? [] : [options.mistake];
  const read = (text: string): ReplyFilter | undefined => {
    const { filter, problems } = parseReplyFilter(text);
    if (problems[0]) mistakes.push(`the reply filter "${text}" is wrong: ${problems[0].message}`);
    return filter;
  };
  for (const pattern of Object.keys(options.codes ?? {})) read(pattern);
  const trust =
    filters === undefined && list !== undefined && options.codes === undefined
      ? [[list.filter, weight] as const]
      : filters;
  const scores = trust?.map(([text, points]) => {
    const filter = read(text);
    return { ...(filter && { filter }), weight: points };
  }) ?? [{ weight }];
  const codes = options.codes ?? list?.codes;
  const bits = options.bits ?? (options.codes === undefined ? list?.bits : undefined);
  const queriesADay =
    options.queriesADay ?? (list?.terms.access === 'key' ? undefined : list?.terms.queriesADay);
  const refusal = refuse(name, mistakes[0], known, options, guess);
  return {
    name,
    ...(list && { list }),
    kind,
    of: options.of ?? list?.of ?? ['address', 'domain'],
    ipv6: options.ipv6 ?? list?.ipv6 ?? true,
    ...(codes && { codes }),
    ...(bits && { bits }),
    scores,
    filtered: filters !== undefined,
    ...(queriesADay !== undefined && { queriesADay }),
    testPoints: options.testPoints ?? list?.testPoints ?? {},
    ...(refusal && { refusal }),
  };
}

function keyed(list: DnsList, key: string): string {
  return list.keyed?.replace('{key}', key) ?? list.zone;
}

function refuse(
  name: string,
  mistake: string | undefined,
  known: ReturnType<typeof findList>,
  options: ZoneOptions,
  guess: boolean,
): Zone['refusal'] | undefined {
  if (mistake !== undefined) return { reason: 'bad-zone', meaning: mistake };
  const { site, problems } = parseDnsblSite(name);
  if (site === undefined) return { reason: 'bad-zone', meaning: problems[0]!.message };
  if (known?.status === 'dead') {
    const { name: title, fate, since, instead } = known.list;
    const when = since === undefined ? '' : ` since ${since}`;
    const what = {
      'shut-down': 'is shut down',
      wildcarded: 'lists every address',
      merged: 'has gone into another list',
    }[fate];
    return {
      reason: 'dead',
      meaning: `${title} ${what}${when}; remove it${instead === undefined ? '' : ` and use ${instead}`}`,
    };
  }
  if (
    known?.status === 'alive' &&
    known.list.terms.access === 'key' &&
    known.key === undefined &&
    options.key === undefined
  ) {
    return {
      reason: 'bad-zone',
      meaning: `${known.list.name} answers only with a key: give it as ${known.list.keyed}`,
    };
  }
  // Who describes a zone in his own words knows its name.
  const meant =
    guess || (options.codes === undefined && options.kind === undefined) ? similarZone(name) : undefined;
  return meant === undefined
    ? undefined
    : { reason: 'bad-zone', meaning: `${name} is not known; did you mean ${meant}?` };
}
