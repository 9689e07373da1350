export type { PhysicalLine, Position, Range } from './syntax/source.ts';
export type {
  BlankLine,
  CommentLine,
  MainCf,
  MainEntry,
  ParameterEntry,
  StrayEntry,
} from './syntax/main-cf.ts';
export type { MasterCf, MasterEntry, Service, ServiceEntry, ServiceType } from './syntax/master-cf.ts';
