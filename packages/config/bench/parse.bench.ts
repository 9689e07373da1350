import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpusDirectory, median, missing, pairedMedians, type Bench, type BenchRow } from '@postern/testbed';
import { decodeText, parseMain, parseMaster, printMain, validate } from '@postern/config';

const bench: Bench = {
  title: 'Parsing main.cf and master.cf',
  about:
    'Real configurations, those that Augeas accepts, the same bytes for both. Augeas (Debian augeas-tools) reads them ' +
    'all in one augtool process; the time of an augtool that loads nothing is taken off. Ours decodes the bytes and ' +
    'parses; the second row validates on top.',
  async *run(): AsyncIterable<BenchRow> {
    const reason = missing('corpus', 'augtool');
    if (reason) throw new Error(reason);
    const root = mkdtempSync(join(tmpdir(), 'postern-bench-'));
    try {
      yield* againstAugeas(root);
    } finally {
      rmSync(root, { recursive: true });
    }
    yield* growth();
  },
};

export default bench;

const lenses = { main: 'Postfix_Main.lns', master: 'Postfix_Master.lns' } as const;

/**
 * Both sides on the same files.
 *
 * @yields the rate of parsing, and parsing with validation
 */
async function* againstAugeas(root: string): AsyncIterable<BenchRow> {
  const accepted = (['main', 'master'] as const).flatMap((kind) => acceptedByAugeas(root, kind));
  const files = accepted.map(({ kind, path }) => ({
    kind,
    bytes: readFileSync(join(corpusDirectory, path)),
  }));
  const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
  const load = accepted.flatMap(({ kind, path }) => [
    `set /augeas/load/x${path.replaceAll(/\W/g, '')}/lens ${lenses[kind]}`,
    `set /augeas/load/x${path.replaceAll(/\W/g, '')}/incl /${path}`,
  ]);
  const start = await pairedMedians(
    () => augtool(root, []),
    () => augtool(root, [...load, 'load']),
    { rounds: 5 },
  );
  const theirs = start.peer - start.ours;
  const parseAll = (): void => {
    for (const file of files) {
      const text = decodeText(file.bytes);
      if (file.kind === 'main') parseMain(text);
      else parseMaster(text);
    }
  };
  const ours = timeOf(parseAll, 40);
  const rate = (milliseconds: number): string => `${(bytes / 1000 / milliseconds).toFixed(1)} MB/s`;
  yield {
    work: `parse ${files.length} files, ${(bytes / 1e6).toFixed(2)} MB`,
    ours: rate(ours),
    peer: `augeas ${rate(theirs)}`,
    ratio: `${(theirs / ours).toFixed(0)} ×`,
    target: '≥ 20 ×',
    met: theirs / ours >= 20,
  };
  const everything = (['main', 'master'] as const).flatMap((kind) =>
    readdirSync(join(corpusDirectory, kind)).map((name) => ({
      kind,
      bytes: readFileSync(join(corpusDirectory, kind, name)),
    })),
  );
  const validateAll = (): void => {
    for (const file of everything) {
      const text = decodeText(file.bytes);
      validate({
        main: parseMain(file.kind === 'main' ? text : ''),
        ...(file.kind === 'master' && { master: parseMaster(text) }),
        version: '3.7.11',
      });
    }
  };
  // In turns: what else the machine does meets both alike.
  const turns = await pairedMedians(validateAll, () => augtool(root, [...load, 'load']), { rounds: 7 });
  const validated = turns.ours;
  const parsed = turns.peer - start.ours;
  yield {
    work: `parse and validate all ${everything.length} files`,
    ours: `${validated.toFixed(0)} ms`,
    peer: `augeas parses the ${files.length} it accepts in ${parsed.toFixed(0)} ms`,
    ratio: `${(parsed / validated).toFixed(1)} ×`,
    target: '> 1 ×',
    met: parsed > validated,
  };
}

/** The files of a kind that Augeas reads without an error, copied under the root that it is given. */
function acceptedByAugeas(
  root: string,
  kind: 'main' | 'master',
): { kind: 'main' | 'master'; path: string }[] {
  cpSync(join(corpusDirectory, kind), join(root, kind), { recursive: true });
  const printed = augtool(root, [
    `set /augeas/load/${kind}/lens ${lenses[kind]}`,
    `set /augeas/load/${kind}/incl /${kind}/*.cf`,
    'load',
    `match /augeas/files/${kind}/*/error`,
  ]);
  const refused = new Set([...printed.matchAll(/\/augeas\/files\/(\S+)\/error/g)].map((match) => match[1]));
  return readdirSync(join(corpusDirectory, kind))
    .map((name) => ({ kind, path: `${kind}/${name}` }))
    .filter(({ path }) => !refused.has(path));
}

function augtool(root: string, commands: readonly string[]): string {
  return execFileSync('augtool', ['--noautoload', '--root', root], {
    input: `${commands.join('\n')}\nquit\n`,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}

/**
 * How the time grows when the input does: 10 MB against 100 MB of the same, each the worst of its kind.
 *
 * @yields a row for each kind
 */
async function* growth(): AsyncIterable<BenchRow> {
  const inputs: Record<string, (size: number) => string> = {
    'settings of a usual length': (size) =>
      'smtpd_client_restrictions = permit_mynetworks, reject\n'.repeat(size / 54),
    'newlines only': (size) => '\n'.repeat(size),
    'one line': (size) => `a = ${'x'.repeat(size)}`,
    'continuation lines': (size) => `a = b\n${' c\n'.repeat(size / 3)}`,
    'the shortest settings (a=b)': (size) => 'a=b\n'.repeat(size / 4),
  };
  for (const [work, make] of Object.entries(inputs)) {
    const [small, large] = [10e6, 100e6].map((size) => {
      const text = make(size);
      // The processor's time, and the least of three: how it grows is a matter of the work, not of what else runs.
      const times = [1, 2, 3].map(() => {
        globalThis.gc?.();
        const start = process.cpuUsage();
        const tree = parseMain(text);
        const { user, system } = process.cpuUsage(start);
        const time = (user + system) / 1000;
        if (printMain(tree).length !== text.length) throw new Error(`${work}: printed something else`);
        return time;
      });
      return Math.min(...times);
    }) as [number, number];
    yield {
      work: `100 MB: ${work}`,
      ours: `${large.toFixed(0)} ms of CPU`,
      peer: `10 MB: ${small.toFixed(0)} ms of CPU`,
      ratio: `${(large / small).toFixed(1)} × for 10 × the bytes`,
      target: '≤ 20 ×',
      met: large <= 20 * Math.max(small, 1),
    };
  }
}

function timeOf(work: () => void, rounds: number): number {
  for (let at = 0; at < 3; at++) work();
  return median(
    Array.from({ length: rounds }, () => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );
}
