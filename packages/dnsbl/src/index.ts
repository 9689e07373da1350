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
