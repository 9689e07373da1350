import { applyPlan, maskSecrets, type Change, type Files } from '@postern/plan';

/** A file that a fix changes, and the lines in it that go and come. */
export interface FileEdit {
  readonly file: string;
  /** From 1. */
  readonly startLine: number;
  /** The first line that stays; `startLine` when nothing goes. */
  readonly endLine: number;
  readonly text: string;
}

/**
 * What a fix does to the lines of the files that it changes, as editors apply it: one run of lines in each file.
 * Undefined when it does more than that, installs a package say, or when a line that it writes holds a secret.
 */
export function lineEdits(files: Files, fix: readonly Change[], version: string): FileEdit[] | undefined {
  if (fix.some(({ type }) => !editable.has(type))) return undefined;
  const after = applyPlan(files, { target: { name: '', postfix: version }, changes: fix, checks: [] });
  const edits = Object.keys(files).flatMap((file) =>
    files[file] === after[file] ? [] : [lineEdit(file, files[file]!, after[file] ?? '')],
  );
  const isShown = edits.every(({ text }) => maskSecrets({ 'main.cf': text })['main.cf'] === text);
  return isShown && edits.length > 0 ? edits : undefined;
}

const editable: ReadonlySet<string> = new Set([
  'set-parameter',
  'remove-parameter',
  'put-service',
  'remove-service',
  'set-service-option',
  'put-file',
]);

function lineEdit(file: string, before: string, after: string): FileEdit {
  const old = before.split(/(?<=\n)/);
  const next = after.split(/(?<=\n)/);
  let start = 0;
  while (start < old.length && start < next.length && old[start] === next[start]) start++;
  let end = 0;
  while (
    end < old.length - start &&
    end < next.length - start &&
    old[old.length - 1 - end] === next[next.length - 1 - end]
  )
    end++;
  return {
    file,
    startLine: start + 1,
    endLine: old.length - end + 1,
    text: next.slice(start, next.length - end).join(''),
  };
}
