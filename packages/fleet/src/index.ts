export { FleetError } from './error.ts';
export type { FleetErrorCode } from './error.ts';
export { parseInventory } from './inventory/inventory.ts';
export type { Inventory, InventoryOptions, VariableFile } from './inventory/inventory.ts';
export type { FleetHost } from './inventory/host.ts';
export { printProblem } from './inventory/problem.ts';
export type { InventoryPlace, InventoryProblem, InventoryProblemCode } from './inventory/problem.ts';
export { readInventory } from './inventory/read.ts';
export { selectHosts } from './inventory/select.ts';
export { rollout } from './rollout/rollout.ts';
export type { Rollout, RolloutOptions } from './rollout/rollout.ts';
export { pauseRollout } from './rollout/pause.ts';
export type { Amount, Strategy, Wave } from './rollout/strategy.ts';
export type {
  HostBegun,
  HostEnded,
  HostEvent,
  HostResult,
  RolloutHalted,
  RolloutHeader,
} from './rollout/event.ts';
export type { HostState } from './rollout/state.ts';
export { reportHtml } from './report/html.ts';
export type { RolloutReport } from './report/report.ts';
export { readRollout } from './report/read-rollout.ts';
export { connectTo } from './host/connect.ts';
export type { Login } from './host/connect.ts';
export type { HostWork } from './host/bring.ts';
export type { PlanFor, Site } from './host/site.ts';
export { inProcess } from './runners/in-process.ts';
export type { InProcessOptions } from './runners/in-process.ts';
export type { Runner, Session, WaveWork } from './runners/runner.ts';
export { onBullmq } from './bullmq/runner.ts';
export { startFleetWorker } from './bullmq/worker.ts';
export type { FleetWorker, NamedPlan, PlanMaker, WorkerOptions } from './bullmq/worker.ts';
export type { RedisPlace } from './bullmq/redis.ts';
export { planHosts } from './host/outlook.ts';
export type { HostOutlook, PlanHostsOptions } from './host/outlook.ts';
