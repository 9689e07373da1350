import { parameter } from '../catalogue/parameter.ts';
import type { MacroProblem } from '../expand/expand.ts';
import type { Problem } from '../problem.ts';
import { syntaxProblems } from '../syntax/syntax-problems.ts';
import type { Range } from '../syntax/source.ts';
import { crossChecks, type CrossIssue } from './cross-checks.ts';
import type { Issue } from './issue.ts';
import { nameChecks } from './name-checks.ts';
import { placeAll, type Unplaced } from './placement.ts';
import { scopeOf, type Configuration, type Scope } from './scope.ts';
import { checkService, duplicateService } from './service-checks.ts';
import { serviceName, type Setting } from './setting.ts';
import { checkValue } from './value-checks.ts';

export type { Configuration } from './scope.ts';

/** What is looked for, and how much of it. */
export interface ValidateOptions {
  /** Problems that are told at most. Default 1000: a file that is no configuration has one on each line. */
  readonly limit?: number;
}

/**
 * Everything that is wrong or doubtful with a configuration, for the Postfix version that will read it:
 * what postconf refuses or warns about, what programs stop at although postconf is content, and what they
 * read differently than it looks. In the order of the files, main.cf first.
 *
 * Never throws for what stands in the files, and takes time that grows with their size alone.
 *
 * @throws ConfigError `bad-version`
 */
export function validate(configuration: Configuration, { limit = 1000 }: ValidateOptions = {}): Problem[] {
  const { main, master } = configuration;
  const scope = scopeOf(configuration);
  const found: Unplaced[] = [];
  const syntax = [...syntaxProblems(main), ...(master ? syntaxProblems(master) : [])];
  const checkNames = nameChecks(scope);
  const inService = (scope.services ?? []).flatMap(({ settings }) => settings);
  for (const setting of [...scope.main, ...inService]) {
    if (found.length >= limit) break;
    for (const { at, issue } of checkNames(setting))
      found.push(at === 'name' ? ofName(setting, issue) : ofValue(setting, issue));
    found.push(...valueProblems(setting, scope));
  }
  found.push(...duplicates(scope), ...serviceProblems(scope));
  for (const issue of crossChecks(scope)) found.push(ofSeveral(issue, scope));
  const placed = placeAll(found.slice(0, limit), main, master);
  return [...syntax.slice(0, limit), ...placed]
    .toSorted((a, b) => (a.file === b.file ? a.range.start - b.range.start : a.file < b.file ? -1 : 1))
    .slice(0, limit);
}

function ofName(setting: Setting, issue: Issue): Unplaced {
  return { ...issue, entry: setting.entry, range: setting.nameRange() };
}

function ofValue(setting: Setting, issue: Issue): Unplaced {
  return { ...issue, entry: setting.entry, range: setting.valueRange(issue.start, issue.end) };
}

function ofSeveral({ issue, names, service }: CrossIssue, { effective }: Scope): Unplaced {
  const own = names.map((name) => service?.overrides.get(name)).find((candidate) => candidate !== undefined);
  const setting =
    own ?? names.map((name) => effective.get(name)).find((candidate) => candidate !== undefined);
  if (setting && (own || !service)) return ofValue(setting, issue);
  return {
    ...issue,
    ...(service && { entry: service.entry }),
    range: service?.fields[0]?.range ?? { start: 0, end: 0 },
  };
}

/** Expands the value, and looks at it as its parameter's kind asks for. A setting that is overridden counts too. */
function valueProblems(setting: Setting, scope: Scope): Unplaced[] {
  const { value } = setting;
  if (parameter(setting.name, scope.version)?.type === 'raw') return [];
  const expansion = scope.expand(setting);
  if (!expansion) return [ofName(setting, notAllChecked)];
  const macros = expansion.problems
    .filter((problem) => isOwn(problem, setting))
    .map((problem) => ofMacro(setting, problem));
  if (expansion.value === undefined) return macros;
  // What stands in a value that was expanded has no place of its own.
  const isWritten = expansion.value === value;
  const issues = checkValue(setting, expansion.value.trim(), scope).map((issue) => {
    if (isWritten || issue.code === 'comment-in-value') return ofValue(setting, issue);
    const { start: _start, end: _end, ...whole } = issue;
    return ofValue(setting, whole);
  });
  return [...macros, ...issues];
}

const notAllChecked: Issue = {
  code: 'not-all-checked',
  level: 'note',
  message: 'this value was not checked: the values that refer to one another have become too large',
  advice: 'Look for a parameter that is put in many times.',
};

/** A fault in another parameter is told there; what only shows here, or comes back to here, is told here. */
function isOwn({ code, path }: MacroProblem, { name }: Setting): boolean {
  return (
    path.length === 0 ||
    code === 'macro-nesting' ||
    code === 'macro-too-long' ||
    (code === 'macro-recursion' && path.includes(name))
  );
}

function ofMacro(setting: Setting, { code, message, path, offset }: MacroProblem): Unplaced {
  return {
    code,
    level: code === 'macro-needs-version' ? 'warning' : 'error',
    message: `${message}${code === 'macro-needs-version' ? '' : ': each program that reads it stops'}`,
    advice:
      code === 'macro-recursion'
        ? 'Break the circle.'
        : 'See "main.cf file format" in postconf(5); a plain dollar sign is $$.',
    entry: setting.entry,
    range:
      path.length === 0
        ? setting.valueRange(offset, Math.min(offset + 1, setting.value.length))
        : setting.valueRange(),
  };
}

/** @see dict_ht.c: a later entry takes the place of an earlier one; postconf warns when they differ */
function duplicates({ main }: Scope): Unplaced[] {
  const last = new Map<string, Setting>();
  const found: Unplaced[] = [];
  for (const setting of main) {
    const earlier = last.get(setting.name);
    last.set(setting.name, setting);
    if (!earlier) continue;
    const differs = earlier.value !== setting.value;
    found.push(
      ofName(setting, {
        code: 'duplicate-parameter',
        level: differs ? 'warning' : 'note',
        message: `${setting.name} is set a second time${differs ? ', and this value counts' : ', to the same value'}`,
        advice: 'Take one of them out.',
      }),
    );
  }
  return found;
}

function serviceProblems(scope: Scope): Unplaced[] {
  const seen = new Set<string>();
  const found: Unplaced[] = [];
  for (const service of scope.services ?? []) {
    const { entry, fields } = service;
    for (const { range, issue } of checkService(service, scope)) found.push({ ...issue, entry, range });
    const name = serviceName(service);
    const wholeName: Range = fields[0]?.range ?? { start: 0, end: 0 };
    if (seen.has(name)) found.push({ ...duplicateService(service), entry, range: wholeName });
    seen.add(name);
  }
  return found;
}
