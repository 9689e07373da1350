export type { Finding, Level, Place } from './finding.ts';
export { reasonsOf } from './change.ts';
export type {
  Change,
  InstallPackage,
  PostfixAction,
  PutFile,
  PutService,
  Reason,
  RemoveFile,
  RemoveParameter,
  RemoveService,
  SetParameter,
  SetServiceOption,
  SetSysctl,
} from './change.ts';
export { countChanges, isEmpty, pathsOf } from './plan.ts';
export type { Check, Files, HostState, Plan, Target } from './plan.ts';
export { mergePlans } from './merge.ts';
export type { Alternative, Conflict, Merge } from './merge.ts';
export { orderPlan } from './order.ts';
export { applyPlan } from './apply.ts';
export { prunePlan } from './prune.ts';
export { invertPlan, irreversibleChanges } from './invert.ts';
export type { InvertOptions } from './invert.ts';
export { renderDiff } from './diff/render.ts';
export type { DiffOptions } from './diff/render.ts';
export { ansiPalette } from './diff/palette.ts';
export type { Palette } from './diff/palette.ts';
export { findSecretFiles, isSecretFile, maskSecrets, redactPlan } from './secrets.ts';
export { parsePlan, printPlan } from './json/json.ts';
export type { ParsedPlan, ParsePlanOptions } from './json/json.ts';
export { PlanError } from './error.ts';
export type { PlanErrorCode, PlanProblem, PlanProblemCode } from './error.ts';
