import { count, decimal, Evidence } from '../facts/fact.ts';
import { readSections } from '../probe/sections.ts';
import type { CommitLatency } from '../workload.ts';

/** What `commitScript` printed; undefined where it could not measure. */
export function parseCommit(output: string): CommitLatency | undefined {
  const section = new Evidence(readSections(output).byName.get('commit'), 'commit');
  // awk prints small numbers with an exponent.
  const number = (key: string): number | undefined => {
    const text = section.all(key)[0] ?? '';
    return /^\d+(\.\d+)?(e-?\d{1,2})?$/.test(text) && Number(text) > 0 ? Number(text) : undefined;
  };
  const [p50, p99, grouped, writers, fsstone] = ['p50', 'p99', 'grouped', 'writers', 'fsstone'].map(number);
  if (p50 === undefined) return undefined;
  return {
    p50,
    ...(p99 !== undefined && { p99 }),
    ...(grouped !== undefined && { groupedPerSecond: Number(grouped.toPrecision(4)) }),
    ...(grouped !== undefined && writers !== undefined && { groupedWriters: writers }),
    ...(fsstone !== undefined && { fsstoneSeconds: fsstone }),
    method: section.all('method')[0] ?? 'unknown',
  };
}

/** What came of driving messages through a private instance. */
export type Throughput =
  | {
      readonly status: 'measured';
      readonly perSecond: number;
      readonly messages: number;
      readonly seconds: number;
      /** CPU time of a message in all of Postfix; undefined where the run was stopped or too short to tell. */
      readonly cpuSecondsPerMessage?: number;
      /** Whether the time limit came first: the rate then is of what was delivered. */
      readonly stopped: boolean;
    }
  | { readonly status: 'failed'; readonly reason: string };

/** What `throughputScript` printed. */
export function parseThroughput(output: string): Throughput {
  const lines = output.slice(0, 256 * 1024).split('\n');
  const value = (key: string): string | undefined =>
    lines.findLast((line) => line.startsWith(`${key}:`))?.slice(key.length + 1);
  const error = value('error');
  const messages = count(value('delivered') ?? '');
  const microseconds = decimal(value('microseconds') ?? '');
  if (error !== undefined || messages === undefined || !microseconds) {
    const reason = (error ?? 'the script ended before it had a result')
      .replaceAll(/[^ -~]/g, ' ')
      .slice(0, 300);
    return { status: 'failed', reason };
  }
  const seconds = microseconds / 1e6;
  const cpu = decimal(value('cpu') ?? '');
  return {
    status: 'measured',
    perSecond: messages / seconds,
    messages,
    seconds,
    ...(cpu && messages > 0 && { cpuSecondsPerMessage: Number((cpu / 1e6 / messages).toPrecision(3)) }),
    stopped: value('stopped') === 'time',
  };
}

/** How far a measurement is, from one line of the script's output: 0 to 1. */
export function progressOf(line: string): number | undefined {
  const match = /^progress:(\d+) (\d+)$/.exec(line.trim());
  return match && Number(match[2]) > 0 ? Math.min(1, Number(match[1]) / Number(match[2])) : undefined;
}
