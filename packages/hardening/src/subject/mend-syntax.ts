import {
  parseMain,
  parseMaster,
  restriction,
  valueOf,
  type MainEntry,
  type MasterEntry,
  type StrayEntry,
} from '@postern/config';
import type { Change } from '@postern/plan';
import type { Configuration } from '../configuration.ts';
import { configurationText } from './text.ts';

/**
 * Indents lines that continue the entry above but begin in the first column, as happens to a block that is
 * copied from a web page.
 *
 *     smtpd_helo_restrictions =            smtpd_helo_restrictions =
 *     permit_mynetworks,            →          permit_mynetworks,
 *
 *     policy-spf unix - n n - - spawn      policy-spf unix - n n - - spawn
 *     user=nobody argv=/usr/bin/spf  →       user=nobody argv=/usr/bin/spf
 *
 * Only what can be nothing else is mended: a restriction below a list, an argument below a service.
 */
export function mendSyntax(configuration: Configuration): Change[] {
  const { main, master } = configurationText(configuration);
  const changes: Change[] = [];
  const mendedMain = indentStrays(parseMain(main).entries, continuesParameter, '    ');
  const mendedMaster = indentStrays(parseMaster(master).entries, continuesService, '  ');
  if (mendedMain !== main) changes.push(putFile('main.cf', mendedMain, 'name = value'));
  if (mendedMaster !== master) changes.push(putFile('master.cf', mendedMaster, 'eight columns'));
  return changes;
}

function putFile(path: string, content: string, form: string): Change {
  return {
    type: 'put-file',
    path,
    content,
    because: {
      why: `A line that continues the one above begins with white space; in the first column Postfix takes it for "${form}" and stops.`,
      source: path === 'main.cf' ? 'postconf(5), "main.cf file format"' : 'master(5)',
      versions: 'all',
    },
  };
}

/** Whether a line without meaning of its own belongs to the entry above it. */
type Continues = (stray: StrayEntry, above: MainEntry | MasterEntry) => boolean;

function indentStrays(
  entries: readonly (MainEntry | MasterEntry)[],
  continues: Continues,
  indentation: string,
): string {
  let above: MainEntry | MasterEntry | undefined;
  return entries
    .map((entry) => {
      if (entry.type === 'parameter' || entry.type === 'service') above = entry;
      if (entry.type !== 'stray' || !above || !continues(entry, above)) return entry.text;
      return indentation + entry.text;
    })
    .join('');
}

function continuesParameter(stray: StrayEntry, above: MainEntry | MasterEntry): boolean {
  if (stray.reason !== 'missing-equals' || above.type !== 'parameter') return false;
  const first = /^[^\s,]+/.exec(stray.text)?.[0] ?? '';
  const listGoesOn = /(^|,)$/.test(valueOf(above).trim());
  const takesRestrictions = above.name.endsWith('_restrictions');
  return takesRestrictions ? restriction(first) !== undefined : listGoesOn && /[:/.$]/.test(first);
}

function continuesService(stray: StrayEntry, above: MainEntry | MasterEntry): boolean {
  if (stray.reason !== 'too-few-fields' || above.type !== 'service') return false;
  return /^(-o\s|-o\w|-v\b|\w+=\S)/.test(stray.text);
}

/** The edits that indent what is only not indented in one of the files; undefined when nothing is. */
export function mendedFile(
  configuration: Configuration,
  path: 'main.cf' | 'master.cf',
): Change[] | undefined {
  const changes = mendSyntax(configuration).filter(
    (change) => change.type === 'put-file' && change.path === path,
  );
  return changes.length > 0 ? changes : undefined;
}
