export { findParameter, parseMain, placedValueOf, printMain, valueOf } from './syntax/main-cf.ts';
export type {
  BlankEntry,
  CommentEntry,
  MainCf,
  MainEntry,
  ParameterEntry,
  PlacedValue,
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
export type { SettableValue } from './edit/parameter.ts';
export { putService, removeService } from './edit/service.ts';
export { setServiceOption } from './edit/service-option.ts';
export { ConfigError } from './edit/config-error.ts';
export type { ConfigErrorCode } from './edit/config-error.ts';
export { compareVersions, parseVersion, printVersion, satisfies } from './catalogue/version.ts';
export type { Version } from './catalogue/version.ts';
export { defaultOf, parameter, parameterNames, wordsIn } from './catalogue/parameter.ts';
export type { EnumWord, ParameterInfo, Since } from './catalogue/parameter.ts';
export type { ParameterKind, ParameterType } from './catalogue/parameter-type.ts';
export { perTransportParameters, splitPerTransportName } from './catalogue/per-transport.ts';
export type { PerTransportParameter, PerTransportSuffix } from './catalogue/per-transport.ts';
export {
  bareTableCheck,
  listsOf,
  restriction,
  restrictionLists,
  restrictionNames,
  restrictionsOf,
  speaksIn,
} from './catalogue/restriction.ts';
export type {
  Evaluation,
  RestrictionArgument,
  RestrictionInfo,
  RestrictionList,
  RestrictionName,
  RestrictionNeed,
} from './catalogue/restriction.ts';
export { tableType, tableTypes } from './catalogue/table-type.ts';
export type { TableSource, TableType, TableTypeInfo } from './catalogue/table-type.ts';
export { serviceType, serviceTypes } from './catalogue/service-type.ts';
export type { ServiceTypeInfo } from './catalogue/service-type.ts';
export { perTransport, rawValue, userDefined } from './types/name.ts';
export type { KnownParameterName, ParameterName, ParameterValue, PerTransportName } from './types/name.ts';
export { printValue } from './types/print.ts';
export { defaultUnit, parseDuration, printDuration } from './types/duration.ts';
export type { DurationUnit } from './types/duration.ts';
export type {
  AnyValue,
  BooleanValue,
  CompatibilityLevelValue,
  Duration,
  DurationValue,
  EnumListValue,
  EnumValue,
  Expression,
  IntegerValue,
  ListValue,
  LogLevelValue,
  ProtocolsValue,
  RawValue,
  RestrictionEntry,
  RestrictionsValue,
  TableListEntry,
  TableReference,
  TablesValue,
  TlsProtocol,
  UserDefinedName,
} from './types/value.ts';
export { syntaxProblems } from './syntax/syntax-problems.ts';
export { createExpander, expand } from './expand/expand.ts';
export type { ExpandLimits, Expansion, Lookup, MacroProblem } from './expand/expand.ts';
export { referencesOf } from './expand/references.ts';
export type { Reference, References } from './expand/references.ts';
export type { MacroFault } from './expand/macro.ts';
export { frame } from './problem.ts';
export type {
  MacroProblemCode,
  Problem,
  ProblemCode,
  ProblemFile,
  ProblemLevel,
  SyntaxProblemCode,
} from './problem.ts';
export { decodeText, encodeText } from './text/bytes.ts';
export { validate } from './validate/validate.ts';
export type { Configuration, ValidateOptions } from './validate/validate.ts';
export { didYouMean } from './validate/suggestion.ts';
export type { MeaningProblemCode } from './validate/issue.ts';
export { effective } from './effective/effective.ts';
export type { Effective, EffectiveInput, EffectiveParameter } from './effective/effective.ts';
export { printOrigin } from './effective/origin.ts';
export type { Origin } from './effective/origin.ts';
export { serviceLines, serviceParameters } from './effective/master-listing.ts';
export type { ServiceParameter } from './effective/master-listing.ts';
export { diff } from './compare/diff.ts';
export type { ComparedColumn, Difference } from './compare/diff.ts';
export { merge } from './compare/merge.ts';
export type { Conflict, Merge } from './compare/merge.ts';
export { sameValue } from './compare/same-value.ts';
export { visit } from './visit/visit.ts';
export type { VisitAnswer, VisitedReference, Visitor } from './visit/visit.ts';
export { treeFromJson } from './visit/json.ts';
export type { TreeFromJson } from './visit/json.ts';
