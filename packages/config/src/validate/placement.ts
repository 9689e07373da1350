import type { Problem } from '../problem.ts';
import { layoutOf } from '../syntax/layout.ts';
import type { MainCf, MainEntry } from '../syntax/main-cf.ts';
import type { MasterCf, MasterEntry } from '../syntax/master-cf.ts';
import type { Position, Range } from '../syntax/source.ts';

/** A problem with a stretch of an entry's text; without an entry it is about main.cf as a whole. */
export interface Unplaced extends Pick<Problem, 'code' | 'level' | 'message' | 'advice'> {
  readonly entry?: MainEntry | MasterEntry;
  readonly range: Range;
}

/** Places problems in their files. Each entry's lines are counted once, however many problems it has. */
export function placeAll(
  problems: readonly Unplaced[],
  main: MainCf,
  master: MasterCf | undefined,
): Problem[] {
  if (problems.length === 0) return [];
  const layouts = [
    { file: 'main.cf', layout: layoutOf(main) },
    ...(master ? [{ file: 'master.cf', layout: layoutOf(master) } as const] : []),
  ] as const;
  const byEntry = Map.groupBy(problems, ({ entry }) => entry);
  return [...byEntry].flatMap(([entry, found]) => {
    const home = entry && layouts.find(({ layout }) => layout.offsetOf(entry) !== undefined);
    const base = entry && home?.layout.locate(entry);
    const offset = (entry && home?.layout.offsetOf(entry)) ?? 0;
    const position = positions(entry?.text ?? '', base ?? { line: 1, column: 1 });
    return found
      .toSorted((a, b) => a.range.start - b.range.start)
      .map(({ code, level, message, advice, range }) => ({
        code,
        level,
        message,
        advice,
        file: home?.file ?? 'main.cf',
        range: { start: offset + range.start, end: offset + range.end },
        at: position(range.start),
      }));
  });
}

/** Positions of ascending offsets in a text that begins at `base`. */
function positions(text: string, base: Position): (offset: number) => Position {
  let { line } = base;
  let lineStart = 1 - base.column;
  return (offset) => {
    for (;;) {
      const newline = text.indexOf('\n', Math.max(lineStart, 0));
      if (newline < 0 || newline >= offset) break;
      line++;
      lineStart = newline + 1;
    }
    return { line, column: offset - lineStart + 1 };
  };
}
