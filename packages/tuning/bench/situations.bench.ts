import type { Plan } from '@postern/plan';
import { median, type Bench, type BenchRow } from '@postern/testbed';
import { drive } from './rig.ts';
import { adviseFrom, guide, situations, unrigged, type Situation } from './situations.ts';

const rounds = 3;

interface Rates {
  readonly installed: number[];
  readonly guide: number[];
  readonly recommended: number[];
}

const bench: Bench = {
  title: 'What tuning gains on a real Postfix',
  about:
    'Three situations in which a Postfix 3.7 is slow for one known reason, and one in which nothing is rigged, each in namespaces of its own: smtp-source → smtpd → queue → smtp → smtp-sink. ' +
    '“As installed” (the peer), the three numbers of the guide, and what `recommend` plans from the log of the first run, in turn. Messages a second until the last one is delivered; median of three rounds. ' +
    'The recommendation has to gain 30% where something is rigged, and must not lose more than the runs differ among themselves where nothing is; the guide’s numbers are the defaults and change nothing beyond noise. The bound that binds is named from the same log and has to be the rigged one, and no rate as installed may lie above it.',
  async *run(): AsyncIterable<BenchRow> {
    for (const situation of [...situations, unrigged]) yield* rowsOf(situation);
  },
};

async function* rowsOf(situation: Situation): AsyncIterable<BenchRow> {
  const first = await drive(situation);
  const { plan, bound } = adviseFrom(situation, first);
  const rates: Rates = { installed: [], guide: [], recommended: [] };
  for (let round = 0; round < rounds; round++) {
    rates.installed.push(round === 0 ? first.perSecond : (await drive(situation)).perSecond);
    rates.guide.push((await drive(situation, guide)).perSecond);
    rates.recommended.push((await drive(situation, plan)).perSecond);
  }
  const ratio = median(rates.recommended) / median(rates.installed);
  const noise = Math.max(0.1, Math.max(...rates.installed) / Math.min(...rates.installed) - 1);
  const least = situation.bottleneck === undefined ? 1 - noise : 1.3;
  yield row(
    `${situation.title}: recommended (${describe(plan)})`,
    rates.recommended,
    rates.installed,
    `≥ ${least.toFixed(2)}`,
    ratio >= least,
  );
  const same = median(rates.guide) / median(rates.installed);
  yield row(
    `${situation.title}: the guide’s numbers`,
    rates.guide,
    rates.installed,
    `1 ± ${noise.toFixed(2)}`,
    Math.abs(same - 1) <= noise,
  );
  const most = Math.max(...rates.installed);
  yield {
    work: `${situation.title}: binding bound ${bound?.id ?? 'none'}`,
    ours: `${bound?.perSecond?.toFixed(1)}/s`,
    peer: `${most.toFixed(1)}/s measured`,
    ratio: (most / (bound?.perSecond ?? Number.NaN)).toFixed(2),
    target: `${situation.bottleneck ?? 'any'}, ≤ 1`,
    met:
      (bound?.id === situation.bottleneck || situation.bottleneck === undefined) &&
      most <= (bound?.perSecond ?? 0),
  };
}

function row(
  work: string,
  ours: readonly number[],
  peer: readonly number[],
  target: string,
  met: boolean,
): BenchRow {
  const print = (rates: readonly number[]): string => `${median(rates).toFixed(1)}/s`;
  const ratio = (median(ours) / median(peer)).toFixed(2);
  return { work, ours: print(ours), peer: print(peer), ratio, target, met };
}

function describe({ changes }: Plan): string {
  const parts = changes.flatMap((change) =>
    change.type === 'set-parameter'
      ? [`${change.name} = ${change.value}`]
      : change.type === 'put-service'
        ? [`${change.service.name} ${change.service.type} maxproc ${change.service.maxproc}`]
        : [],
  );
  return parts.join(', ') || 'nothing to change';
}

export default bench;
