import type { StructuredPatchHunk } from 'diff';
import { reasonsOf, type Change } from '../change.ts';
import type { Files, Plan } from '../plan.ts';
import { findSecretFiles, maskSecrets } from '../secrets.ts';
import { subjectOf } from '../subject.ts';
import { diffFile, type FileDiff } from './hunks.ts';
import type { Palette } from './palette.ts';
import { subjectsByLine } from './subjects.ts';

export interface DiffOptions {
  /** Lines shown around each change. Default: 3. */
  readonly context?: number;
  /** Where the reasons come from; each is shown above the first hunk that it explains. */
  readonly plan?: Plan;
  /** Paints the lines and makes control characters visible. Default: no paint, every byte as it is. */
  readonly palette?: Palette;
  /** Show passwords and keys. Default: false. */
  readonly showSecrets?: boolean;
}

/**
 * The difference between two states of the files as a unified diff, in the order of the paths, secrets masked.
 *
 *     --- main.cf
 *     +++ main.cf
 *     # smtpd_helo_required: A client that … (postconf(5); Postfix >=2.0)
 *     @@ -3,2 +3,2 @@ smtpd_helo_required
 *      myhostname = mx.example.com
 *     -smtpd_helo_required = no
 *     +smtpd_helo_required = yes
 *
 * Without `plan`, with secrets shown and without a palette the text is a patch that patch(1) takes.
 *
 * @returns '' when nothing differs
 */
export function renderDiff(before: Files, after: Files, options: DiffOptions = {}): string {
  const { context = 3, palette, showSecrets = false } = options;
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  const named = findSecretFiles(before, after);
  const shown = (files: Files): Files => (showSecrets ? files : maskSecrets(files, named));
  const changed = paths.filter((path) => textOf(before, path) !== textOf(after, path));
  const shownBefore = shown(pick(before, changed));
  const shownAfter = shown(pick(after, changed));
  const reasons = new Reasons(options.plan?.changes ?? []);
  const paint = (part: keyof Palette, line: string): string =>
    palette ? palette[part](visible(line)) : line;
  const out: string[] = [];
  for (const path of changed) {
    const file = diffFile(path, textOf(before, path), textOf(after, path), context);
    const annotate = annotator(file);
    out.push(paint('file', `--- ${file.before === undefined ? '/dev/null' : path}`));
    out.push(paint('file', `+++ ${file.after === undefined ? '/dev/null' : path}`));
    for (const hunk of file.hunks) {
      const touched = annotate(hunk);
      for (const line of reasons.take(path, touched)) out.push(paint('reason', line));
      out.push(paint('hunk', header(hunk, touched)));
      for (const line of shownLines(hunk, textOf(shownBefore, path) ?? '', textOf(shownAfter, path) ?? '')) {
        const part = ({ '+': 'added', '-': 'removed' } as const)[line[0] ?? ''];
        out.push(part ? paint(part, line) : palette ? visible(line) : line);
      }
    }
  }
  return out.map((line) => `${line}\n`).join('');
}

function textOf(files: Files, path: string): string | undefined {
  return Object.hasOwn(files, path) ? files[path] : undefined;
}

function pick(files: Files, paths: readonly string[]): Files {
  return Object.fromEntries(
    paths.flatMap((path) => (Object.hasOwn(files, path) ? [[path, files[path]!]] : [])),
  );
}

type Subject = { readonly key: string; readonly name: string };

/** Says which parameters and services the changed lines of a hunk belong to. */
function annotator(file: FileDiff): (hunk: StructuredPatchHunk) => Subject[] {
  const old = subjectsByLine(file.path, file.before ?? '');
  const now = subjectsByLine(file.path, file.after ?? '');
  return (hunk) => {
    const found = new Map<string, Subject>();
    walk(hunk, (sign, oldLine, newLine) => {
      const subject = sign === '-' ? old.get(oldLine) : sign === '+' ? now.get(newLine) : undefined;
      if (subject) found.set(subject.key, subject);
    });
    return [...found.values()];
  };
}

function walk(
  hunk: StructuredPatchHunk,
  visit: (sign: string, oldLine: number, newLine: number, line: string) => void,
): void {
  let oldLine = hunk.oldStart;
  let newLine = hunk.newStart;
  for (const line of hunk.lines) {
    const sign = line[0] ?? ' ';
    visit(sign, oldLine, newLine, line);
    if (sign === '-' || sign === ' ') oldLine++;
    if (sign === '+' || sign === ' ') newLine++;
  }
}

/** The lines of a hunk, taken from the texts as they may be shown. */
function shownLines(hunk: StructuredPatchHunk, before: string, after: string): string[] {
  const old = before.split('\n');
  const now = after.split('\n');
  const lines: string[] = [];
  walk(hunk, (sign, oldLine, newLine, line) => {
    if (sign === '\\') lines.push(line);
    else lines.push(sign + (sign === '-' ? old[oldLine - 1] : now[newLine - 1]));
  });
  return lines;
}

function header(hunk: StructuredPatchHunk, touched: readonly Subject[]): string {
  const side = (start: number, lines: number): string =>
    lines === 1 ? `${start}` : `${lines === 0 ? start - 1 : start},${lines}`;
  const place = `@@ -${side(hunk.oldStart, hunk.oldLines)} +${side(hunk.newStart, hunk.newLines)} @@`;
  return [place, touched.map(({ name }) => name).join(', ')].filter(Boolean).join(' ');
}

/** The reasons of a plan, each given out once. */
class Reasons {
  readonly #open: Set<Change>;

  constructor(changes: readonly Change[]) {
    this.#open = new Set(changes);
  }

  take(path: string, touched: readonly Subject[]): string[] {
    const keys = new Set([path, ...touched.map(({ key }) => key)]);
    const lines: string[] = [];
    for (const change of this.#open) {
      const subject = subjectOf(change);
      if (![subject.key, ...subject.in.slice(1)].some((key) => keys.has(key))) continue;
      this.#open.delete(change);
      const label = subject.key.replace(/^(main|master)\.cf /, '');
      for (const { why, source, versions } of reasonsOf(change)) {
        const where = [source, versions === 'all' ? '' : `Postfix ${versions}`].filter(Boolean).join('; ');
        lines.push(`# ${label}: ${why.replace(/\s+/g, ' ')} (${where})`);
      }
    }
    return lines;
  }
}

/** Control characters as `\x1b`, so that a file cannot drive the terminal it is shown on. */
function visible(line: string): string {
  // eslint-disable-next-line no-control-regex
  return line.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, (char) =>
    char === '\r' ? '' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
