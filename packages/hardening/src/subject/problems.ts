import {
  parseMain,
  parseMaster,
  restriction,
  syntaxProblems,
  validate,
  valueOf,
  type MainEntry,
  type MasterEntry,
  type Problem,
  type StrayEntry,
} from '@postern/config';
import type { Change, Finding } from '@postern/plan';
import type { Configuration } from '../configuration.ts';
import { configurationText } from './text.ts';

/** What a rule of ours says better: with a fix, or with an eye on the other lists. */
const saidByRules: ReadonlySet<Problem['code']> = new Set([
  'deprecated-parameter',
  'deprecated-restriction',
  'duplicate-parameter',
  'no-relay-control',
  'parameter-not-in-version',
  'restriction-never-reached',
  'restriction-without-data',
]);

/** What Postfix itself refuses, drops, ignores or reads differently than it looks, as findings `config/CODE`. */
export function configurationProblems(configuration: Configuration): Finding[] {
  const { main, master } = configurationText(configuration);
  const mends = mendSyntax(configuration);
  return validate({ main: parseMain(main), master: parseMaster(master), version: configuration.version })
    .filter(({ code }) => !saidByRules.has(code))
    .map((problem) => asFinding(problem, configuration, mends));
}

/** What keeps a plan from being made: while Postfix does not read the files, nobody knows what they mean. */
export function findObstacles(configuration: Configuration): Finding[] {
  const { main, master } = configurationText(configuration);
  return [...syntaxProblems(parseMain(main)), ...syntaxProblems(parseMaster(master))]
    .filter(({ code }) => unreadable.has(code))
    .map((problem) => asFinding(problem, configuration, []));
}

const unreadable: ReadonlySet<Problem['code']> = new Set([
  'missing-equals',
  'missing-name',
  'too-few-fields',
  'unknown-service-type',
  'unclosed-brace',
  'nul-byte',
]);

function asFinding(problem: Problem, { names = {} }: Configuration, mends: readonly Change[]): Finding {
  const { code, level, message, advice, at, file } = problem;
  const name = (file === 'main.cf' ? names.main : names.master) ?? file;
  const fix = mends.filter((change) => change.type === 'put-file' && change.path === file);
  return {
    rule: `config/${code}`,
    level,
    message: `${message}. ${advice}`,
    at: { file: name, ...at },
    versions: 'all',
    source: file === 'main.cf' ? 'postconf(5), "main.cf file format"' : 'master(5)',
    confidence: 'certain',
    ...(fix.length > 0 && mendable.has(code) && { fix }),
  };
}

const mendable: ReadonlySet<string> = new Set(['missing-equals', 'too-few-fields']);

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
