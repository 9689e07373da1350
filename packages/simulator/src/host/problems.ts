import { syntaxProblems } from '@postern/config';
import type { ListProblem, MatchList } from '../match/match-list.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Table } from '../tables/table.ts';
import type { Files, Settings } from './settings.ts';

type Problems = Verdict['problems'];

/** Where the form of main.cf and master.cf is broken. */
export function problemsOfForm({ main, master }: Files): Problems {
  return [main, ...(master ? [master] : [])]
    .flatMap((tree) => syntaxProblems(tree))
    .map(({ file, at, message, advice }) => ({ file, line: at.line, message: `${message}. ${advice}` }));
}

/** Files that are not there or cannot be read, each told where the files of the configuration first name it. */
export function problemsOfFiles(
  settings: Settings,
  tables: readonly Table[],
  lists: readonly MatchList[],
): Problems {
  const missing = tables.flatMap(({ name, missing: path }) =>
    path === undefined
      ? []
      : [{ path, message: `${name}: ${path} is not there or cannot be read`, within: undefined }],
  );
  const found = [...missing, ...lists.flatMap(({ problems }) => problems)].map((problem) => ({
    ...placeOf(settings, problem),
    message: `${problem.message}: what asks it is deferred`,
  }));
  return [...new Map(found.map((each) => [`${each.file}:${each.line} ${each.message}`, each])).values()];
}

function placeOf(settings: Settings, { path, within }: ListProblem): { file: string; line: number } {
  if (within) return within;
  const { effective } = settings;
  for (const name of effective.names) {
    const at = effective.get(name)?.raw.indexOf(path) ?? -1;
    if (at < 0) continue;
    const { file, line } = settings.placeWithin(name, at);
    if (file !== null) return { file, line: line ?? 0 };
  }
  return { file: 'main.cf', line: 0 };
}
