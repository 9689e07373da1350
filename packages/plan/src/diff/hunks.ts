import { structuredPatch, type StructuredPatchHunk } from 'diff';

/** A file that differs: its path, and the stretches that do. A side that does not exist has no text. */
export interface FileDiff {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly hunks: readonly StructuredPatchHunk[];
}

/** Beyond this many edited lines a file is shown as replaced: finding the shortest diff would take too long. */
const mostEdits = 4000;

export function diffFile(
  path: string,
  before: string | undefined,
  after: string | undefined,
  context: number,
): FileDiff {
  const old = before ?? '';
  const now = after ?? '';
  const patch = structuredPatch(path, path, old, now, undefined, undefined, {
    context,
    maxEditLength: mostEdits,
  });
  return { path, before, after, hunks: patch?.hunks ?? [wholeFile(old, now)] };
}

function wholeFile(before: string, after: string): StructuredPatchHunk {
  const removed = hunkLines(before, '-');
  const added = hunkLines(after, '+');
  const count = (lines: readonly string[]): number => lines.filter((line) => !line.startsWith('\\')).length;
  return {
    oldStart: 1,
    oldLines: count(removed),
    newStart: 1,
    newLines: count(added),
    lines: [...removed, ...added],
  };
}

function hunkLines(text: string, sign: string): string[] {
  if (text === '') return [];
  const lines = text.split('\n').map((line) => sign + line);
  if (text.endsWith('\n')) return lines.slice(0, -1);
  return [...lines, '\\ No newline at end of file'];
}
