export { findParameter, parseMain, printMain, valueOf } from './syntax/main-cf.ts';
export type {
  BlankEntry,
  CommentEntry,
  MainCf,
  MainEntry,
  ParameterEntry,
  StrayEntry,
  StrayReason,
} from './syntax/main-cf.ts';
export { findService, parseMaster, printMaster } from './syntax/master-cf.ts';
export type { MasterCf, MasterEntry, ServiceEntry } from './syntax/master-cf.ts';
export { argumentsOf, serviceColumns, serviceOf } from './syntax/service.ts';
export type { Service, ServiceArgument, ServiceColumn, ServiceOption } from './syntax/service.ts';
export { fieldsOf } from './syntax/service-fields.ts';
export type { ServiceField, ServiceType } from './syntax/service-fields.ts';
export { linesOf } from './syntax/source.ts';
export type { PhysicalLine, Position, Range } from './syntax/source.ts';
export { layoutOf } from './syntax/layout.ts';
export type { Layout } from './syntax/layout.ts';
export { logicalLine } from './syntax/logical-line.ts';
export type { LogicalLine } from './syntax/logical-line.ts';
export { removeParameter, setParameter } from './edit/parameter.ts';
export { putService, removeService } from './edit/service.ts';
export { setServiceOption } from './edit/service-option.ts';
export { ConfigError } from './edit/config-error.ts';
export type { ConfigErrorCode } from './edit/config-error.ts';
export type { MacroProblemCode, Problem, ProblemCode, ProblemLevel, SyntaxProblemCode } from './problem.ts';
