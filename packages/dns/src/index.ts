export type { Answer, FailureReason, RecordData, RecordType, ResolveOptions, Resolver } from './resolver.ts';
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
