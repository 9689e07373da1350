import {
  argumentsOf,
  fieldsOf,
  findParameter,
  validate,
  type MainEntry,
  type MasterEntry,
  type Problem,
  type ProblemCode,
} from '@postern/config';
import type { Place } from '@postern/plan';
import type { Edit } from '../rule.ts';
import type { Source } from './scope.ts';
import type { Setting } from './setting.ts';
import type { Scope, ServiceView } from './subject.ts';

/** What Postfix refuses, drops, ignores or reads differently than it looks, with what stands there. */
export interface FoundProblem {
  readonly code: ProblemCode;
  readonly level: Problem['level'];
  /** What is wrong and what to do about it. */
  readonly message: string;
  readonly at: Place;
  /** The text that it is about. */
  readonly text: string;
  readonly file: Problem['file'];
  readonly entry: MainEntry | MasterEntry | undefined;
  /** The setting that it stands in; undefined where another of the same name counts. */
  readonly setting: Setting | undefined;
  readonly service: ServiceView | undefined;
  /** The file with another text for this entry. */
  readonly rewriteEntry: (text: string) => Edit;
}

/** A service of master.cf with the values that it sees. */
export type Process = ServiceView & { readonly scope: Scope };

/** Looks a configuration over once, when somebody asks. */
export function findProblems(
  source: Source,
  main: Scope,
  processes: readonly Process[],
): readonly FoundProblem[] {
  const { master, ...alone } = source;
  // One in which nothing stands was not given.
  const given = master.entries.some(({ type }) => type === 'service' || type === 'stray');
  return validate(given ? source : alone).map((problem) => place(problem, source, main, processes));
}

function place(problem: Problem, source: Source, main: Scope, processes: readonly Process[]): FoundProblem {
  const { code, level, file, range, at } = problem;
  const [tree, named] =
    file === 'main.cf' ? [source.main, source.mainFile] : [source.master, source.masterFile];
  const entries: readonly (MainEntry | MasterEntry)[] = tree.entries;
  let start = 0;
  let index = 0;
  for (; index < entries.length && start + entries[index]!.text.length <= range.start; index++)
    start += entries[index]!.text.length;
  const entry = entries[index];
  const process = entry?.type === 'service' ? processes.find((each) => each.entry === entry) : undefined;
  return {
    code,
    level,
    message: `${problem.message}. ${problem.advice}`,
    at: { file: named.name, ...at },
    text: entry?.text.slice(range.start - start, range.end - start) ?? '',
    file,
    entry,
    setting: entry && settingIn(entry, range.start - start, source, main, process),
    service: process,
    rewriteEntry: (text) => ({
      type: 'put-file',
      path: file,
      content: entries.map((each) => (each === entry ? text : each.text)).join(''),
    }),
  };
}

function settingIn(
  entry: MainEntry | MasterEntry,
  offset: number,
  { main: tree }: Source,
  main: Scope,
  process: Process | undefined,
): Setting | undefined {
  if (entry.type === 'parameter')
    return findParameter(tree, entry.name) === entry ? main.setting(entry.name) : undefined;
  if (entry.type !== 'service' || !process) return undefined;
  const option = argumentsOf(fieldsOf(entry)).find(
    (part) =>
      part.type === 'option' && part.fields.some(({ range }) => range.start <= offset && offset < range.end),
  );
  return option?.type === 'option' ? process.scope.setting(option.name) : undefined;
}
