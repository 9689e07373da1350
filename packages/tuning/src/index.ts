export { probeScript } from './probe/script.ts';
export type { ProbeProblem } from './probe/sections.ts';
export { parseFacts } from './facts/parse.ts';
export { valueOf } from './facts/fact.ts';
export type { Fact, KnownFact, UnknownFact } from './facts/fact.ts';
export type {
  Beancounter,
  ContainerKind,
  Cpu,
  Disk,
  HostFacts,
  Limits,
  MachineKind,
  Memory,
  Network,
  PostfixFacts,
  Pressure,
  QueueName,
  QueuePlace,
  RaidArray,
  Sysctl,
  Virtualisation,
} from './facts/host-facts.ts';
export type { CommitLatency, Destination, Filter, Workload } from './workload.ts';
export { recommend } from './recommend/recommend.ts';
export type { TuningPlan } from './recommend/recommend.ts';
export { sureness } from './recommend/recommendation.ts';
export type { Recommendation, Verdict } from './recommend/recommendation.ts';
export type { Configuration } from './recommend/settings.ts';
export { sysctlPermission, sysctlScope } from './sysctl/scope.ts';
export { sysctlFile, sysctlState } from './sysctl/plan.ts';
export { bindingBound, capacity } from './capacity/capacity.ts';
export type { Bound } from './capacity/capacity.ts';
export { boundsSvg, boundsText } from './capacity/picture.ts';
export type { PictureOptions } from './capacity/picture.ts';
export { doctor } from './doctor/doctor.ts';
export type { Diagnosis } from './doctor/doctor.ts';
export type { Step } from './doctor/remedy.ts';
export type { MeltdownId } from './doctor/signs.ts';
export { observeScript } from './observe/script.ts';
export { parseObservation, workloadOf } from './observe/parse.ts';
export type { LogRates, Observation, QueueSummary } from './observe/observation.ts';
export { commitScript } from './measure/commit-script.ts';
export { throughputScript } from './measure/throughput-script.ts';
export { parseCommit, parseThroughput, progressOf } from './measure/parse.ts';
export type { Throughput } from './measure/parse.ts';
export { guideTable } from './show/guide-table.ts';
export type { GuideRow } from './show/guide-table.ts';
export { reportHtml } from './report/html.ts';
export type { Report } from './report/html.ts';
