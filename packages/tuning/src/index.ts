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
