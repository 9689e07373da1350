export type { Finding, Level, Place } from './finding.ts';
export type {
  Change,
  InstallPackage,
  PostfixAction,
  PutFile,
  PutService,
  Reason,
  RemoveParameter,
  RemoveService,
  SetParameter,
  SetServiceOption,
  SetSysctl,
} from './change.ts';
export type { Check, Files, Plan, Target } from './plan.ts';
