export { isSpf, parseSpf, printSpf } from './syntax/record.ts';
export type { SpfRecord } from './syntax/record.ts';
export type {
  AddressTerm,
  AllTerm,
  HostTerm,
  IncludeTerm,
  InvalidTerm,
  Mechanism,
  Modifier,
  PtrTerm,
  Qualifier,
  SpfTerm,
} from './syntax/term.ts';
export type { MacroExpand, MacroLetter, MacroPart, MacroString } from './syntax/macro.ts';
export type { Range, SpfProblem, SpfProblemCode } from './syntax/problem.ts';

export { spf } from './build/builder.ts';
export type {
  FinishedSpf,
  HostOptions,
  SpfBuilder,
  SpfBuilderWithExp,
  TermOptions,
} from './build/builder.ts';
export { SpfBuildError } from './build/error.ts';
export type { SpfBuildErrorCode } from './build/error.ts';

export { zoneJson, zoneLine, zoneStrings } from './zone/zone-text.ts';

export { checkSpf } from './evaluate/check.ts';
export type { SpfOptions, SpfQuery, SpfResult, SpfWarning } from './evaluate/check.ts';
export type { SpfLimits } from './evaluate/limits.ts';
export type {
  SpfErrorCode,
  SpfFault,
  SpfLookup,
  SpfMatch,
  SpfTermTrace,
  SpfTrace,
  SpfVerdict,
} from './evaluate/trace.ts';
export { replayResolver, traceLookups } from './evaluate/replay.ts';
export { drawTrace } from './evaluate/drawing.ts';
export type { DrawnLine } from './evaluate/drawing.ts';

export { lintSpf } from './lint/lint.ts';
export type { LintOptions, SpfLint } from './lint/lint.ts';
export type { SpfFinding } from './lint/finding.ts';
export type { BudgetTrouble, SpfBudget, TermBudget } from './lint/budget.ts';

export { flattenSpf } from './flatten/flatten.ts';
export type { FlattenedSpf, FlattenNote, FlattenNoteCode, FlattenOptions } from './flatten/flatten.ts';
export type { LaidOutRecord } from './flatten/layout.ts';

export { diffSpf } from './authorise/diff.ts';
export type { DiffOptions, SpfDiff } from './authorise/diff.ts';
export type { UnknownTerm } from './authorise/policy.ts';
