export { matchReplyFilter, parseReplyFilter, printReplyFilter } from './filter/reply-filter.ts';
export type {
  FilterField,
  FilterProblem,
  FilterProblemCode,
  OctetRange,
  ReplyFilter,
} from './filter/reply-filter.ts';
export { parseDnsblSite, printDnsblSite } from './filter/dnsbl-site.ts';
export type { DnsblSite, SiteProblem } from './filter/dnsbl-site.ts';

export { findList, keyedZone, knownLists, registryDate, similarZone } from './registry/registry.ts';
export type { ListMatch } from './registry/registry.ts';
export { deadLists } from './registry/dead-lists.ts';
export type {
  BitCodes,
  CodeMeaning,
  Codes,
  DeadList,
  DnsList,
  Effect,
  ErrorReason,
  Terms,
  TestPoints,
} from './registry/dns-list.ts';

export { filteredZone, permitDnswlClient, rejectRblClient, rejectRhsbl } from './emit/restrictions.ts';
export type { DomainOf, EmitOptions } from './emit/restrictions.ts';
export { defaultPolicy, postscreenSites } from './emit/policy.ts';
export type { BlockListPolicy, PolicyList } from './emit/policy.ts';
export { postscreenReplyMap, rblReplyMap } from './emit/reply-map.ts';
export { planBlockLists } from './emit/plan.ts';
export type { BlockListPlanOptions } from './emit/plan.ts';

export { createDnsbl } from './dnsbl.ts';
export type { CheckOptions, Dnsbl, DnsblOptions, Score } from './dnsbl.ts';
export type { CheckResult, DomainResult, ErrorVerdict, ListingVerdict, Verdict } from './verdict/verdict.ts';
export type { VerdictCacheOptions } from './verdict/verdict-cache.ts';
export type { HealthOptions, HealthState, ZoneHealth } from './health/health.ts';
export type { Latency } from './health/latency.ts';
export type { WatchEvent, WatchOptions } from './watch.ts';
export type { ZoneOptions } from './zone/zone.ts';
export { expandCidr } from './subject/cidr.ts';
export type { Problem, ProblemCode } from './subject/problem.ts';
