import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { corpusDirectory, findProgram, median, missing, type Bench, type BenchRow } from '@postern/testbed';
import { createExpander, decodeText, parseMain, printMain, setParameter } from '@postern/config';

const bench: Bench = {
  title: 'Editing and expanding',
  about:
    'One edit: parse a real main.cf of median size, set one parameter, print. The peer is one `postconf -e` process ' +
    '(3.7.11) on the same file. The other rows grow one hostile expression and show that the time grows with it.',
  async *run(): AsyncIterable<BenchRow> {
    const reason = missing('corpus', 'postconf');
    if (reason) throw new Error(reason);
    const text = decodeText(readFileSync(join(corpusDirectory, 'main/001.cf')));
    const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
    try {
      writeFileSync(join(folder, 'main.cf'), text);
      const postconf = findProgram('postconf')!;
      const theirs = times(7, (round) =>
        execFileSync(postconf, ['-c', folder, '-e', `mail_name = x${round}`]),
      );
      const ours = times(300, (round) => printMain(setParameter(parseMain(text), 'mail_name', `x${round}`)));
      yield {
        work: `parse, setParameter and print ${text.length} bytes`,
        ours: `${(ours * 1000).toFixed(0)} µs`,
        peer: `postconf -e ${theirs.toFixed(1)} ms`,
        ratio: `${(theirs / ours).toFixed(0)} ×`,
        target: '≥ 100 ×',
        met: theirs / ours >= 100,
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
    yield* growth();
  },
};

export default bench;

/**
 * Expressions of 1 and 10 MB.
 *
 * @yields a row for each kind
 */
async function* growth(): AsyncIterable<BenchRow> {
  const one = createExpander((name) => (name === 'a' ? 'value' : undefined), '3.7.11');
  const inputs: Record<string, (size: number) => void> = {
    'one macro over and over': (size) => void one('$a '.repeat(size / 3)),
    'braces in braces, never closed': (size) => void one('${'.repeat(size / 2)),
    'braces in braces, closed': (size) => void one(`${'${a?{'.repeat(size / 7)}${'}}'.repeat(size / 7)}`),
  };
  for (const [work, run] of Object.entries(inputs)) {
    const small = fastest(() => run(1e6));
    const large = fastest(() => run(10e6));
    yield {
      work: `expand 10 MB: ${work}`,
      ours: `${large.toFixed(0)} ms`,
      peer: `1 MB: ${small.toFixed(0)} ms`,
      ratio: `${(large / Math.max(small, 0.1)).toFixed(1)} × for 10 × the bytes`,
      target: '≤ 20 ×',
      met: large <= 20 * Math.max(small, 1),
    };
  }
}

/** The fastest of three: how time grows is a matter of the work, not of what else the machine does. */
function fastest(work: () => void): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );
}

function times(rounds: number, work: (round: number) => unknown): number {
  work(-1);
  return median(
    Array.from({ length: rounds }, (_, round) => {
      const start = performance.now();
      work(round);
      return performance.now() - start;
    }),
  );
}
