import { parseReplyFilter, printReplyFilter, type ReplyFilter } from './reply-filter.ts';

/** One item of `postscreen_dnsbl_sites`, or (without a weight) the argument of `reject_rbl_client` and its like. */
export interface DnsblSite {
  readonly zone: string;
  /** Without a filter any answer counts, error codes and parked domains too. */
  readonly filter?: ReplyFilter;
  /** What an answer that counts adds to the score; negative for allow lists. Postfix's default is 1. */
  readonly weight?: number;
}

export interface SiteProblem {
  readonly code: 'bad-weight' | 'bad-filter' | 'bad-zone';
  /** Offsets into the item. */
  readonly range: readonly [start: number, end: number];
  readonly message: string;
}

/**
 * Reads one item the way postscreen does: the weight is split off first, then the filter.
 *
 *     zen.spamhaus.org=127.0.0.[2..11]*3
 *     ^ zone           ^ filter        ^ weight, a whole number with an optional sign
 *
 * @returns the item, or undefined with the problem that would stop postscreen from starting
 */
export function parseDnsblSite(text: string): { site: DnsblSite | undefined; problems: SiteProblem[] } {
  const star = text.indexOf('*');
  const body = star < 0 ? text : text.slice(0, star);
  const equals = body.indexOf('=');
  const zone = equals < 0 ? body : body.slice(0, equals);
  const refuse = (code: SiteProblem['code'], start: number, end: number, message: string) => ({
    site: undefined,
    problems: [{ code, range: [start, end] as const, message }],
  });

  let weight: number | undefined;
  if (star >= 0) {
    const number = text.slice(star + 1);
    // sscanf("%d%c") == 1: white space before the number is skipped, nothing may follow it.
    if (!/^[ \t\n\v\f\r]*[+-]?\d+$/.test(number)) {
      return refuse(
        'bad-weight',
        star + 1,
        text.length,
        `"${number}" is no weight: it must be a whole number`,
      );
    }
    weight = Number.parseInt(number, 10);
  }
  let filter: ReplyFilter | undefined;
  if (equals >= 0) {
    const parsed = parseReplyFilter(body.slice(equals + 1));
    if (parsed.filter === undefined) {
      const [{ range, message }] = parsed.problems as [(typeof parsed.problems)[0]];
      return refuse('bad-filter', equals + 1 + range[0], equals + 1 + range[1], message);
    }
    filter = parsed.filter;
  }
  if (!isHostname(zone)) {
    return refuse(
      'bad-zone',
      0,
      zone.length,
      zone === '' ? 'the zone is missing' : `"${zone}" is no domain name`,
    );
  }
  return { site: { zone, ...(filter && { filter }), ...(weight !== undefined && { weight }) }, problems: [] };
}

/** The item as Postfix reads it; a weight of 1 is left out. */
export function printDnsblSite({ zone, filter, weight = 1 }: DnsblSite): string {
  return zone + (filter ? `=${printReplyFilter(filter)}` : '') + (weight === 1 ? '' : `*${weight}`);
}

/**
 * What Postfix takes for a host name: labels of letters, digits, `_` and inner `-`, at most 63 and 255 long,
 * and not all of it digits.
 *
 * @see valid_hostname(3)
 */
export function isHostname(name: string): boolean {
  return (
    name.length <= 255 &&
    /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/i.test(name) &&
    /[a-z_-]/i.test(name)
  );
}
