/**
 * The table of docs/comparison.md: what others' tools and we find on the same hosts.
 *
 *     node --conditions=@postern/source packages/hardening/test/proof/comparison.ts [--write]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { audit } from '@postern/hardening';
import { PostfixDidNotStart, startLab, startPostfix } from '@postern/testbed';
import { proveRelay } from '@postern/simulator';
import { asPrinted, mended, openRelay, stock } from '../transcript/configurations.ts';
import type { HostFiles } from '../transcript/transcript.ts';
import { host } from '../transcript/scene.ts';
import { lynis, postfixCheck } from './tools.ts';

/** What each tool said of a host. */
export interface Compared {
  readonly title: string;
  readonly lynis: readonly string[];
  readonly check: { readonly status: number; readonly complaints: readonly string[] };
  /** `level rule`, each rule once. */
  readonly ours: readonly string[];
  readonly relay: 'open' | 'closed' | 'unknown';
  /** Whether Postfix starts. */
  readonly runs: boolean;
}

export const page: string = join(import.meta.dirname, '../../../../docs/comparison.md');

const hosts: readonly (readonly [title: string, files: HostFiles])[] = [
  ['Debian 12 as installed', stock],
  ['The guide as printed', asPrinted],
  ['The guide, mended by hand', mended],
  ['An open relay', openRelay],
];

/** Asks every tool about every host, all at once: most of the time goes by in waiting. */
export function compareAll(): Promise<Compared[]> {
  return Promise.all(hosts.map(([title, files]) => compare(title, files)));
}

async function compare(title: string, files: HostFiles): Promise<Compared> {
  await using lab = await startLab({ hostname: host.name, addresses: [host.address] });
  const placed = { '/etc/mailname': 'yourdomain.no\n', '/etc/aliases': 'postmaster: root\n' };
  let why: string | undefined;
  try {
    // lynis looks at Postfix only while it runs.
    await startPostfix(lab, { ...files, files: placed, tables: ['hash:/etc/aliases'] });
  } catch (error) {
    if (!(error instanceof PostfixDidNotStart)) throw error;
    why = error.why;
  }
  const [check, found] = await Promise.all([postfixCheck(lab), lynis(lab, { mayBeDown: true })]);
  const configuration = {
    main: files.main,
    master: files.master,
    version: '3.7.11',
    files: (path: string) => (placed as Record<string, string>)[path],
  };
  const proof = proveRelay(configuration);
  const ours = audit(configuration).map(({ level, rule }) => `${level} ${rule}`);
  return {
    title,
    runs: why === undefined,
    check: {
      status: check.status,
      complaints: [...new Set([...check.complaints.map(plain), ...(why === undefined ? [] : [why])])],
    },
    lynis: found,
    ours: [...new Set(ours)],
    relay: 'open' in proof ? 'open' : 'closed' in proof ? 'closed' : 'unknown',
  };
}

/** Several programs say the same of one line. */
function plain(complaint: string): string {
  return complaint.replace(/^\S+: (?=warning: |fatal: |error: )/, '');
}

/** The generated part of the page, markers included. */
export function renderComparison(all: readonly Compared[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const count = (ours: readonly string[], level: string): string => {
    const number = ours.filter((each) => each.startsWith(level)).length;
    return `${number} ${level}${number === 1 ? '' : 's'}`;
  };
  return [
    '<!-- comparison -->',
    '',
    '<!-- prettier-ignore -->',
    row(['Host', '`postfix check`', 'lynis', '`postern audit`', '`postern relay-proof`']),
    row(['---', '---', '---', '---', '---']),
    ...all.map(({ title, check, lynis: found, ours, relay, runs }) =>
      row([
        title,
        check.status === 0
          ? check.complaints.length === 0
            ? 'passes, says nothing'
            : `passes, ${check.complaints.length} warnings`
          : 'fails',
        runs
          ? found.length === 0
            ? 'finds nothing'
            : `${found.length} findings`
          : 'skips Postfix, which is not running',
        ['error', 'warning', 'note'].map((level) => count(ours, level)).join(', '),
        runs ? relay : 'not running',
      ]),
    ),
    '',
    ...all.flatMap(({ title, check, lynis: found, ours }) => [
      `### ${title}`,
      '',
      ...said('`postfix check`', check.complaints),
      ...said('lynis', found),
      `- \`postern audit\`: ${ours.map((each) => link(each)).join(', ')}`,
      '',
    ]),
    '<!-- /comparison -->',
  ].join('\n');
}

function said(tool: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [`- ${tool}: nothing`];
  return [`- ${tool}:`, ...lines.map((line) => `  - ${code(line)}`)];
}

function code(line: string): string {
  return `\`${line.replaceAll('`', "'")}\``;
}

function link(finding: string): string {
  const [level = '', rule = ''] = finding.split(' ');
  return `[${rule}](rules/${rule}.md) (${level})`;
}

/** The page with this table in place of the one that it has. */
export function putComparison(text: string, table: string): string {
  if (!/<!-- comparison -->[^]*<!-- \/comparison -->/.test(text))
    throw new Error(`${page} has no markers for the table`);
  return text.replace(/<!-- comparison -->[^]*<!-- \/comparison -->/, () => table);
}

if (import.meta.main) {
  const table = renderComparison(await compareAll());
  if (process.argv.includes('--write')) writeFileSync(page, putComparison(readFileSync(page, 'utf8'), table));
  else process.stdout.write(`${table}\n`);
}
