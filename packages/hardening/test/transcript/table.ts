/**
 * The before/after table of docs/before-and-after.md.
 *
 *     node --conditions=@postern/source packages/hardening/test/transcript/table.ts [--write]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asPrinted, hardened, mended, stock } from './configurations.ts';
import { probes, runTranscript, type Transcript } from './transcript.ts';

/** One transcript for each column. */
export interface Transcripts {
  readonly stock: Transcript;
  readonly asPrinted: Transcript;
  readonly mended: Transcript;
  readonly hardened: Transcript;
}

export const page: string = join(import.meta.dirname, '../../../../docs/before-and-after.md');

const columns: readonly (readonly [keyof Transcripts, string])[] = [
  ['stock', 'Debian 12 as installed'],
  ['asPrinted', 'The guide as printed'],
  ['mended', 'The guide, mended by hand'],
  ['hardened', 'Hardened by `internet-mx`'],
];

/** Runs the transcript for every column, all at once: most of the time goes by in waiting. */
export async function runAll(): Promise<Transcripts> {
  const [ofStock, ofPrinted, ofMended, ofHardened] = await Promise.all(
    [stock, asPrinted, mended, hardened].map(runTranscript),
  );
  return { stock: ofStock!, asPrinted: ofPrinted!, mended: ofMended!, hardened: ofHardened! };
}

/** The generated part of the page, markers included. */
export function renderTable(transcripts: Transcripts): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const notes = columns.flatMap(([key, title]) => {
    const transcript = transcripts[key];
    return transcript.started
      ? []
      : [`${title}: Postfix does not start, and says`, '', '```text', transcript.why, '```', ''];
  });
  return [
    '<!-- transcript -->',
    '',
    ...notes,
    '<!-- prettier-ignore -->',
    row(['What a mail host should do', ...columns.map(([, title]) => title)]),
    row(['---', ...columns.map(() => '---')]),
    ...probes.map(({ title }, index) =>
      row([title, ...columns.map(([key]) => cell(transcripts[key], index))]),
    ),
    row([
      '**As it should be**',
      ...columns.map(([key]) => `**${score(transcripts[key])} of ${probes.length}**`),
    ]),
    '',
    '<!-- /transcript -->',
  ].join('\n');
}

/** The page with this table in place of the one that it has. */
export function putTable(text: string, table: string): string {
  if (!/<!-- transcript -->[^]*<!-- \/transcript -->/.test(text))
    throw new Error(`${page} has no markers for the table`);
  return text.replace(/<!-- transcript -->[^]*<!-- \/transcript -->/, () => table);
}

function cell(transcript: Transcript, index: number): string {
  if (!transcript.started) return '✗ not running';
  const { right, said } = transcript.verdicts[index]!;
  return `${right ? '✓' : '✗'} ${said}`;
}

function score(transcript: Transcript): number {
  return transcript.started ? transcript.verdicts.filter(({ right }) => right).length : 0;
}

if (import.meta.main) {
  const table = renderTable(await runAll());
  if (process.argv.includes('--write')) writeFileSync(page, putTable(readFileSync(page, 'utf8'), table));
  else process.stdout.write(`${table}\n`);
}
