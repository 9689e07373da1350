/**
 * Measures what Postern says about speed: every claim a ratio against a named peer, both in this run.
 *
 *     npm run bench                      every bench, printed
 *     npm run bench -- config spf/check  those whose name begins so
 *     npm run bench -- --write           also into docs/benchmarks.md
 *
 * A bench is a file packages/NAME/bench/TOPIC.bench.ts whose default export is a `Bench`.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import type { Bench, BenchRow } from '@postern/testbed';

const page = 'docs/benchmarks.md';
const args = process.argv.slice(2);
const write = args.includes('--write');
const wanted = args.filter((arg) => !arg.startsWith('--'));

const files = globSync('packages/*/bench/*.bench.ts')
  .toSorted()
  .map((file) => ({ file, name: file.replace(/^packages\/(.+)\/bench\/(.+)\.bench\.ts$/, '$1/$2') }))
  .filter(({ name }) => wanted.length === 0 || wanted.some((prefix) => name.startsWith(prefix)));
if (files.length === 0) console.error(`no bench begins with ${wanted.join(' or ')}`);

let missed = 0;
for (const { file, name } of files) {
  const { default: bench } = (await import(pathToFileURL(resolve(file)).href)) as { default: Bench };
  console.log(`\n${name}: ${bench.title}`);
  const rows: BenchRow[] = [];
  try {
    for await (const row of bench.run()) {
      rows.push(row);
      missed += row.met === false ? 1 : 0;
      console.log(`  ${row.work}: ${row.ours} | ${row.peer} | ${row.ratio}${verdict(row)}`);
    }
  } catch (error) {
    missed++;
    console.error(`  failed: ${error instanceof Error ? error.message : String(error)}`);
    continue;
  }
  if (write) writeSection(name, bench, rows);
}
console.log(missed === 0 ? '\nevery target met' : `\n${missed} target(s) missed`);
process.exitCode = files.length > 0 ? 0 : 2;

function verdict(row: BenchRow): string {
  if (row.target === undefined) return '';
  return ` (target ${row.target}: ${row.met ? 'met' : 'MISSED'})`;
}

function writeSection(name: string, bench: Bench, rows: readonly BenchRow[]): void {
  const text = readFileSync(page, 'utf8');
  const [open, close] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
  const section = [
    open,
    `## ${bench.title}`,
    '',
    ...(bench.about ? [bench.about, ''] : []),
    '| work | Postern | peer | ratio | target |',
    '|---|---|---|---|---|',
    ...rows.map((row) => {
      const target = row.target === undefined ? '–' : `${row.target}: ${row.met ? 'met' : 'missed'}`;
      return `| ${row.work} | ${row.ours} | ${row.peer} | ${row.ratio} | ${target} |`;
    }),
    '',
    `Measured ${new Date().toISOString().slice(0, 10)} by \`npm run bench -- ${name}\` on ${machine}.`,
    '',
    close,
  ].join('\n');
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  const next =
    start < 0
      ? `${text.trimEnd()}\n\n${section}\n`
      : text.slice(0, start) + section + text.slice(end + close.length);
  writeFileSync(page, next);
}
