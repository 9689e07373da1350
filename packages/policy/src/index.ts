export { createPolicyServer } from './server/server.ts';
export type { PolicyServer, PolicyServerOptions, ReloadableOptions, ServerLimits } from './server/server.ts';
export { parseListenAddress } from './server/listener.ts';
export type { ListenAddress } from './server/listener.ts';
export { PolicyError } from './server/error.ts';
export type { PolicyErrorCode } from './server/error.ts';
export type { Logger } from './server/log.ts';
export { decide } from './handlers/decide.ts';
export type { Decision, HandlerFailure } from './handlers/decide.ts';
export type { Handler, HandlerContext } from './handlers/handler.ts';
export { printAction } from './protocol/action.ts';
export type { Action, Refusal } from './protocol/action.ts';
export { readRequest } from './protocol/request.ts';
export type { PolicyRequest, ProtocolState } from './protocol/request.ts';
export { memoryCounters } from './limits/counters.ts';
export type { Charge, ChargeResult, Counters } from './limits/counters.ts';
export type { RedisOptions } from './limits/redis-client.ts';
export { redisCounters } from './limits/redis-counters.ts';
export type { RedisCountersOptions } from './limits/redis-counters.ts';
export { rateLimitHandler } from './handlers/rate-limit.ts';
export type { LimitExceeded, RateLimit, RateLimitOptions } from './handlers/rate-limit.ts';
export { greylistHandler, memoryGreylist, redisGreylist } from './handlers/greylist.ts';
export type { GreylistOptions, GreylistStore, RedisGreylistOptions } from './handlers/greylist.ts';
export { spfHandler } from './handlers/spf/spf.ts';
export type { Refuse, SpfHandlerOptions, SpfSettings } from './handlers/spf/options.ts';
export { dnsblHandler } from './handlers/dnsbl.ts';
export type { DnsblHandlerOptions } from './handlers/dnsbl.ts';
export { parsePolicySettings } from './settings/settings.ts';
export type {
  HandlerSettings,
  PolicySettings,
  RateLimitSettings,
  RecipientSpf,
} from './settings/policy-settings.ts';
export type { SettingsProblem } from './settings/problem.ts';
export { makeHandlers } from './settings/handlers.ts';
export type { HandlerMemory, MadeHandlers, MakeHandlersOptions } from './settings/handlers.ts';
export { importPolicydSpf } from './settings/import-policyd-spf.ts';
export type { ImportedSettings } from './settings/import-policyd-spf.ts';
export { serveMetrics } from './server/metrics-server.ts';
export type { MetricsServer } from './server/metrics-server.ts';
export { planPolicyService, wirePolicyService } from './wire/plan.ts';
export type { PolicyWiring, WiredConfiguration } from './wire/plan.ts';
