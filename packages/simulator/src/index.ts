export { simulate } from './simulate.ts';
export { relayStops } from './host/required.ts';
export { proveRelay } from './relay/prove-relay.ts';
export type { ClosedPath, RelayProof } from './relay/prove-relay.ts';
export { replay } from './replay/replay.ts';
export type { Replay, Summary, VerdictChange } from './replay/replay.ts';
export type { LogProblem } from './replay/log.ts';
export type { Configuration } from './model/configuration.ts';
export type {
  Certificate,
  Client,
  Counters,
  NameStatus,
  PostscreenFacts,
  Stage,
  Tls,
  Transaction,
} from './model/transaction.ts';
export type {
  CommandReply,
  DecidedBy,
  Outcome,
  Place,
  Possibility,
  Reply,
  Step,
  Unknown,
  Verdict,
} from './model/verdict.ts';
export type { Interface, MilterAnswer, PolicyRequest, Verification, World } from './model/world.ts';
export { openTable, splitTables } from './tables/open.ts';
export type { TableSources } from './tables/open.ts';
export type { Lookup, Table, TableProblem } from './tables/table.ts';
