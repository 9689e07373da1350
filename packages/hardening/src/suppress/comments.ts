import { layoutOf, parseMain, parseMaster, type MainEntry, type MasterEntry } from '@postern/config';
import type { Configuration } from '../configuration.ts';
import { configurationText } from '../subject/text.ts';
import type { Suppression } from './suppression.ts';

const form =
  /#[ \t]*postern:[ \t]*allow[ \t]+(?<rule>[\w/-]+)(?:[ \t]+until[ \t]+(?<until>\S+))?(?:[ \t]+because[ \t]+(?<because>[^\r\n]*\S))?/g;

/**
 * The suppressions in the comments of main.cf and master.cf. One stands above the entry that it speaks of, or between
 * its lines; before the first entry of a file it speaks of all of the file, and of what is missing there:
 *
 *     # postern: allow vrfy-enabled until 2027-01-31 because the old scanner asks until it is replaced
 *     disable_vrfy_command = no
 */
export function suppressionsIn(configuration: Configuration): Suppression[] {
  const { main, master } = configurationText(configuration);
  const { names = {} } = configuration;
  return [
    ...fromEntries(parseMain(main), names.main ?? 'main.cf'),
    ...fromEntries(parseMaster(master), names.master ?? 'master.cf'),
  ];
}

function fromEntries(
  tree: ReturnType<typeof parseMain> | ReturnType<typeof parseMaster>,
  file: string,
): Suppression[] {
  const layout = layoutOf(tree);
  const entries: readonly (MainEntry | MasterEntry)[] = tree.entries;
  const found: Suppression[] = [];
  let start = 0;
  for (const [index, entry] of entries.entries()) {
    for (const match of entry.text.matchAll(form)) {
      const { line, column } = layout.positionAt(start + match.index);
      const { rule = '', until, because } = match.groups!;
      const own = entry.type === 'comment' ? nextEntry(entries, index, start) : { start, text: entry.text };
      const isHead =
        entry.type === 'comment' &&
        entries.slice(0, index).every(({ type }) => /^(comment|blank)$/.test(type));
      const last = own ? own.start + own.text.trimEnd().length : start;
      const lines = [layout.positionAt(own?.start ?? start).line, layout.positionAt(last).line] as const;
      found.push({ rule, until, because, file, at: { file, line, column }, ...(!isHead && { lines }) });
    }
    start += entry.text.length;
  }
  return found;
}

/** The parameter or service that a comment stands above. */
function nextEntry(
  entries: readonly (MainEntry | MasterEntry)[],
  index: number,
  start: number,
): { start: number; text: string } | undefined {
  let at = start;
  for (const entry of entries.slice(index)) {
    if (entry.type !== 'comment' && entry.type !== 'blank') return { start: at, text: entry.text };
    at += entry.text.length;
  }
  return undefined;
}
