import { mergePlans, prunePlan, type Plan } from '@postern/plan';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Observation } from '../observe/observation.ts';
import { workloadOf } from '../observe/parse.ts';
import { recommend } from '../recommend/recommend.ts';
import { Settings, type Configuration } from '../recommend/settings.ts';
import type { Workload } from '../workload.ts';
import { remedyOf, type Step } from './remedy.ts';
import { signsOf, type MeltdownId, type Patient } from './signs.ts';

/** A melt-down that the signs speak for. Plain JSON data. */
export interface Diagnosis {
  readonly id: MeltdownId;
  readonly name: string;
  /** `certain` needs most of the signs, `likely` the main one and another. */
  readonly confidence: 'certain' | 'likely';
  /** 0 to 1. */
  readonly score: number;
  readonly signs: readonly string[];
  /** What to do, in order. */
  readonly steps: readonly Step[];
  /** The changes of all steps. */
  readonly plan: Plan;
}

const names: Readonly<Record<MeltdownId, string>> = {
  backscatter: 'backscatter flood',
  'dead-disk': 'disk that cannot keep up',
  'slow-destination': 'slow destination',
  'cpu-bound-filter': 'filter that takes all CPU',
  'starved-listen-queue': 'listen queue without room',
  'dns-failing': 'DNS that does not answer',
};

/** Below this the signs say nothing. */
const least = 0.5;

/**
 * Names what is wrong with a host that melts down, most likely first; empty where nothing is.
 *
 * @param observation  the queue and the log; with the facts alone only disk, CPU and listen queue are judged
 * @throws ConfigError `bad-version`
 */
export function doctor(
  facts: HostFacts,
  config: Configuration,
  observation: Observation = {},
  measured: Workload = {},
): Diagnosis[] {
  const workload: Workload = { ...workloadOf(observation), ...measured };
  const patient: Patient = { facts, settings: new Settings(config), observation, workload };
  const recommended = recommend(facts, config, workload);
  const files = { 'main.cf': config.main, 'master.cf': config.master };
  return (Object.keys(signsOf) as MeltdownId[])
    .map((id) => ({ id, signs: signsOf[id](patient).filter(({ seen }) => seen !== undefined) }))
    .map(({ id, signs }) => ({
      id,
      signs,
      score: Math.min(
        1,
        signs.reduce((sum, { weight }) => sum + weight, 0),
      ),
    }))
    .filter(({ score }) => score >= least)
    .toSorted((a, b) => b.score - a.score)
    .map(({ id, signs, score }): Diagnosis => {
      const steps = remedyOf(id, patient, recommended.recommendations);
      const changes = steps.flatMap((step) => step.changes);
      const action = recommended.changes.filter(({ type }) => type === 'postfix-action');
      const { plan } = mergePlans({
        target: recommended.target,
        checks: recommended.checks,
        changes: [
          ...changes,
          ...(changes.length > 0 && action.length === 0 ? [reload] : changes.length > 0 ? action : []),
        ],
      });
      return {
        id,
        name: names[id],
        confidence: score >= 0.8 ? 'certain' : 'likely',
        score: Number(score.toFixed(2)),
        signs: signs.map(({ seen }) => seen!),
        steps,
        plan: prunePlan(files, plan),
      };
    });
}

const reload = {
  type: 'postfix-action',
  action: 'reload',
  because: { why: 'Running programs read the new settings.', source: 'postfix(1)', versions: 'all' },
} as const;
