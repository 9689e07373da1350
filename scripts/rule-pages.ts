/**
 * Writes docs/rules from the rules themselves and from the examples that test them.
 *
 *     node --conditions=@postern/source scripts/rule-pages.ts            writes the pages
 *     node --conditions=@postern/source scripts/rule-pages.ts --check    writes nothing; exit 1 when a page is out of date
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { rules, type Rule } from '../packages/hardening/src/index.ts';

const root = join(import.meta.dirname, '..');
const examples = join(root, 'packages/hardening/test/fixtures/rules');
const folder = join(root, 'docs/rules');

const style = await resolveConfig(join(folder, 'index.md'));
const pages = new Map<string, string>();
for (const [id, text] of [
  ['index', renderIndex()],
  ...rules.map((rule) => [rule.id, renderRule(rule)]),
] as const) {
  pages.set(`${id}.md`, await format(text, { ...style, parser: 'markdown' }));
}
const stale = findStale();
if (process.argv.includes('--check')) {
  for (const name of stale) console.error(`docs/rules/${name} is out of date; run scripts/rule-pages.ts`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  mkdirSync(folder, { recursive: true });
  for (const name of stale) {
    const page = pages.get(name);
    if (page === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), page);
  }
  console.log(`${stale.length} of ${pages.size} pages written`);
}

/** Pages that are missing or differ, and files that are no page any more. */
function findStale(): string[] {
  const present = existsSync(folder) ? readdirSync(folder) : [];
  const changed = [...pages].filter(
    ([name, text]) => !present.includes(name) || readFileSync(join(folder, name), 'utf8') !== text,
  );
  return [...changed.map(([name]) => name), ...present.filter((name) => !pages.has(name))];
}

function renderIndex(): string {
  const row = (rule: Rule): string =>
    `| [${rule.id}](./${rule.id}.md) | ${rule.level} | ${rule.title} | ${mendedBy(rule)} | ${code(rule.versions)} |`;
  const ranks = ['error', 'warning', 'note'];
  const sorted = rules.toSorted(
    (a, b) => ranks.indexOf(a.level) - ranks.indexOf(b.level) || a.id.localeCompare(b.id),
  );
  return [
    '# Rules',
    '',
    'What `postern audit` looks for. `error`: mail is lost, let through or exposed; `warning`: it should be changed; `note`: worth knowing. What is missing is placed at the beginning of main.cf.',
    '',
    'Every finding has a fix that makes it go away, or the page of its rule says why only a person can decide and what to do: **fix** stands for a rule whose findings all have one, **fix or by hand** for a rule that cannot always tell what is meant.',
    '',
    '| rule | level | defect | mended by | Postfix |',
    '| --- | --- | --- | --- | --- |',
    ...sorted.map((rule) => row(rule)),
    '',
  ].join('\n');
}

function mendedBy({ id, byHand }: Rule): string {
  if (!byHand) return 'fix';
  return isMended(id) ? 'fix or by hand' : 'by hand';
}

function isMended(id: string): boolean {
  return read(id, 'fixed', 'main.cf') !== undefined;
}

function renderRule({ id, level, title, why, source, versions, byHand }: Rule): string {
  return [
    `# ${id}`,
    '',
    `**${title}.** ${why}`,
    '',
    `- Level: ${level}`,
    `- Postfix: ${code(versions)}`,
    `- Source: ${source}`,
    '',
    '## Found in',
    '',
    ...renderFiles(id, 'bad'),
    ...fence('text', read(id, 'bad', 'findings.txt')!),
    ...(isMended(id) ? ['## After the fix', '', ...renderFiles(id, 'fixed')] : []),
    ...(byHand
      ? [
          '## By hand',
          '',
          `${isMended(id) ? 'Not every finding of this rule has a fix.' : 'There is no fix: only a person can decide.'} ${byHand.because}`,
          '',
          byHand.steps,
          '',
        ]
      : []),
  ].join('\n');
}

/** The files of one host that are its own; where only master.cf changes, main.cf is left out. */
function renderFiles(id: string, host: 'bad' | 'fixed'): string[] {
  return ['main.cf', 'master.cf'].flatMap((name) => {
    const text = read(id, host, name);
    if (text === undefined) return [];
    const bad = read(id, 'bad', name);
    if (host === 'fixed' && name === 'main.cf' && text === bad) return [];
    const shown = name === 'master.cf' ? ownServices(text) : text;
    return [`${name}:`, '', ...fence('ini', shown)];
  });
}

/** The services that matter to the rules, without those that every host has. */
function ownServices(master: string): string {
  const entries = master.split(/\n(?=\S)/);
  return `${entries
    .filter((entry) => /^(smtp\s+inet|submission|policy)/.test(entry))
    .join('\n')
    .trimEnd()}\n`;
}

function fence(language: string, text: string): string[] {
  return [`\`\`\`${language}`, text.trimEnd(), '```', ''];
}

function code(text: string): string {
  return text === 'all' ? 'all versions' : `\`${text}\``.replaceAll('|', '\\|');
}

function read(...path: string[]): string | undefined {
  const file = join(examples, ...path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
