import type { ArgumentRestriction, PlainRestriction } from './generated/restriction-names.ts';
import { restrictionRows } from './generated/restrictions.ts';
import { holdsSince, compareReleases, toVersion, type Version } from './version.ts';

/** A restriction of smtpd(8), obsolete names included. */
export type RestrictionName = PlainRestriction | ArgumentRestriction;

/** What must be known about a transaction before a restriction can say anything. */
export type RestrictionNeed = 'anything' | 'client' | 'helo' | 'sender' | 'recipient' | 'etrn';

/**
 * What follows a restriction: `type:table`; a list's domain, `domain=d.d.d.d`; a server, `inet:host:port`;
 * a number of seconds.
 */
export type RestrictionArgument = 'table' | 'list-domain' | 'policy-server' | 'seconds';

/** What the catalogue knows about a restriction. Plain JSON data. @see SMTPD_ACCESS_README, smtpd_check.c */
export interface RestrictionInfo {
  readonly name: RestrictionName;
  readonly needs: RestrictionNeed;
  /** Undefined for a restriction that stands alone. */
  readonly argument?: RestrictionArgument;
  readonly since: string;
  readonly until?: string;
  readonly deprecated?: { readonly since: string; readonly replacement?: string };
  /** The compile-time switch without which no smtpd has it; distributions set none. */
  readonly build?: string;
}

/** The restriction lists of smtpd(8), in the order in which they are evaluated. */
export const restrictionLists = [
  'smtpd_client_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_sender_restrictions',
  'smtpd_relay_restrictions',
  'smtpd_recipient_restrictions',
  'smtpd_data_restrictions',
  'smtpd_end_of_data_restrictions',
  'smtpd_etrn_restrictions',
] as const;

export type RestrictionList = (typeof restrictionLists)[number];

/** What is known when a list is evaluated at its own stage, and the table check that a bare `type:table` in it means. */
const stages: Readonly<
  Record<
    RestrictionList,
    { readonly knows: readonly RestrictionNeed[]; readonly bareTable?: RestrictionName }
  >
> = {
  smtpd_client_restrictions: { knows: ['client'], bareTable: 'check_client_access' },
  smtpd_helo_restrictions: { knows: ['client', 'helo'], bareTable: 'check_helo_access' },
  smtpd_sender_restrictions: { knows: ['client', 'helo', 'sender'], bareTable: 'check_sender_access' },
  smtpd_relay_restrictions: {
    knows: ['client', 'helo', 'sender', 'recipient'],
    bareTable: 'check_recipient_access',
  },
  smtpd_recipient_restrictions: {
    knows: ['client', 'helo', 'sender', 'recipient'],
    bareTable: 'check_recipient_access',
  },
  smtpd_data_restrictions: { knows: ['client', 'helo', 'sender', 'recipient'] },
  smtpd_end_of_data_restrictions: { knows: ['client', 'helo', 'sender', 'recipient'] },
  smtpd_etrn_restrictions: { knows: ['client', 'helo', 'etrn'], bareTable: 'check_etrn_access' },
};

/** The lists that `smtpd_delay_reject = yes` puts off until the recipient (or the ETRN domain) is known. */
const delayed: ReadonlySet<string> = new Set([
  'smtpd_client_restrictions',
  'smtpd_helo_restrictions',
  'smtpd_sender_restrictions',
]);

let byName: ReadonlyMap<string, RestrictionInfo> | undefined;

function all(): ReadonlyMap<string, RestrictionInfo> {
  byName ??= new Map(restrictionRows.map((row) => decodeRow(row)).map((info) => [info.name, info]));
  return byName;
}

/**
 *     reject_rbl¦client¦list-domain¦2.0¦¦3.9 reject_rbl_client¦
 *     name       needs  argument    ^since ^deprecated          ^build
 *                                       ^until
 */
function decodeRow(row: string): RestrictionInfo {
  const [name = '', needs = '', argument, since = '', until, deprecated = '', build] = row.split('¦');
  const [warns, replacement] = deprecated.split(' ');
  return {
    name: name as RestrictionName,
    needs: needs as RestrictionNeed,
    ...(argument && { argument: argument as RestrictionArgument }),
    since,
    ...(until && { until }),
    ...(warns && { deprecated: replacement ? { since: warns, replacement } : { since: warns } }),
    ...(build && { build }),
  };
}

/** What is known about a restriction; names are compared as smtpd(8) does, without regard to case. */
export function restriction(name: string, version?: string | Version): RestrictionInfo | undefined {
  const info = all().get(name) ?? all().get(name.toLowerCase());
  return info && (version === undefined || isIn(info, toVersion(version))) ? info : undefined;
}

/** The names of all restrictions, or of those that a version has as distributions build it. */
export function restrictionNames(version?: string | Version): RestrictionName[] {
  const infos = [...all().values()];
  const chosen =
    version === undefined ? infos : infos.filter((info) => !info.build && isIn(info, toVersion(version)));
  return chosen.map(({ name }) => name);
}

function isIn({ since, until }: RestrictionInfo, version: Version): boolean {
  return (
    holdsSince(since, version) && (until === undefined || compareReleases(version, toVersion(until)) <= 0)
  );
}

/** How a server evaluates its lists. */
export interface Evaluation {
  /** `smtpd_delay_reject`; true by default, as in Postfix. */
  readonly delayReject?: boolean;
}

/** The restrictions that can say something in a list, in a version as distributions build it. */
export function restrictionsOf(
  list: RestrictionList,
  version?: string | Version,
  evaluation?: Evaluation,
): RestrictionInfo[] {
  return restrictionNames(version)
    .map((name) => all().get(name)!)
    .filter((info) => speaksIn(info, list, evaluation));
}

/** The lists in which a restriction can say something; empty for an unknown name. */
export function listsOf(name: string, evaluation?: Evaluation): RestrictionList[] {
  const info = restriction(name);
  return info ? restrictionLists.filter((list) => speaksIn(info, list, evaluation)) : [];
}

/**
 * Whether a restriction has what it needs when a list is evaluated. smtpd(8) accepts any restriction in any
 * list, and passes over one that it has no data for.
 */
export function speaksIn(
  info: RestrictionInfo,
  list: RestrictionList,
  { delayReject = true }: Evaluation = {},
): boolean {
  if (info.needs === 'anything' || stages[list].knows.includes(info.needs)) return true;
  return delayReject && delayed.has(list) && info.needs !== 'etrn';
}

/** The check that a bare `type:table` in the list stands for; undefined where Postfix refuses one. */
export function bareTableCheck(list: RestrictionList): RestrictionName | undefined {
  return stages[list].bareTable;
}
