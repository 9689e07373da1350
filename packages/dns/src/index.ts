export type {
  Answer,
  ClosableResolver,
  FailureReason,
  RecordData,
  RecordType,
  ResolveOptions,
  Resolver,
} from './resolver.ts';
export { createResolver } from './create-resolver.ts';
export type { ResolverOptions } from './create-resolver.ts';
export { cachedResolver } from './cache/cached-resolver.ts';
export type { CachedResolver, CacheOptions, StaleOptions } from './cache/cached-resolver.ts';
export type { Store } from './cache/store.ts';
export { redisStore } from './cache/redis.ts';
export type { RedisStore, RedisStoreOptions } from './cache/redis.ts';
export { DnsError } from './error.ts';
export type { DnsErrorCode } from './error.ts';
export { fixtureResolver } from './drivers/fixture.ts';
export type { SyncResolver } from './drivers/fixture.ts';
export { parseZones } from './zones/zones.ts';
export type {
  ZoneFailure,
  ZoneNode,
  ZoneProblem,
  ZoneProblemCode,
  ZoneRecords,
  Zones,
} from './zones/zones.ts';
export type { Range } from './zones/json.ts';
