import { applyPlan, mergePlans, prunePlan, type Change, type Files, type Plan } from '@postern/plan';
import type { HostFacts } from '../facts/host-facts.ts';
import type { Workload } from '../workload.ts';
import { adviseClients } from './clients.ts';
import { adviseDestinations } from './destinations.ts';
import { adviseDoor } from './door.ts';
import { adviseFilters } from './filters.ts';
import { adviseKernel } from './kernel.ts';
import { adviseProcesses } from './processes.ts';
import { adviseQueueManager } from './queue-manager.ts';
import { adviseSurroundings } from './surroundings.ts';
import type { Adviser, Recommendation } from './recommendation.ts';
import { adviseRetries } from './retries.ts';
import { Settings, type Configuration } from './settings.ts';
import { adviseStorage } from './storage.ts';

/** A plan, and everything that was looked at on the way to it, also what should stay as it is. */
export interface TuningPlan extends Plan {
  readonly recommendations: readonly Recommendation[];
}

/** Each sees the configuration as those before it would leave it: process limits follow postscreen, listen queues follow limits. */
const advisers: readonly Adviser[] = [
  adviseDoor,
  adviseDestinations,
  adviseProcesses,
  adviseClients,
  adviseRetries,
  adviseQueueManager,
  adviseFilters,
  adviseKernel,
  adviseStorage,
  adviseSurroundings,
];

/**
 * What to change on a host for the mail that it is to carry, and what not. Nothing is changed without a fact that
 * asks for it; recommending again after the plan was applied changes nothing.
 *
 * @param config  both files as text, and the Postfix version that reads them
 * @param workload  what is known of the mail; without it hardly anything is changed
 * @throws ConfigError `bad-version`
 */
export function recommend(
  facts: HostFacts,
  config: Configuration,
  workload: Workload = {},
  { target = 'local' }: { readonly target?: string } = {},
): TuningPlan {
  const before: Files = { 'main.cf': config.main, 'master.cf': config.master };
  const host = { name: target, postfix: config.version };
  const recommendations: Recommendation[] = [];
  let files = before;
  for (const advise of advisers) {
    const settings = new Settings({
      main: files['main.cf']!,
      master: files['master.cf']!,
      version: config.version,
    });
    const given = advise({ facts, settings, workload }).map((each) => withSince(each, settings));
    recommendations.push(...given);
    files = applyPlan(files, { target: host, changes: changesOf(given), checks: [] });
  }
  const { plan } = mergePlans({
    target: host,
    changes: changesOf(recommendations),
    checks: [
      { id: 'configuration', description: 'Postfix reads the configuration without a warning' },
      { id: 'greeting', description: 'Postfix greets on port 25' },
    ],
  });
  const state = {
    sysctl: Object.fromEntries(Object.entries(facts.sysctl).map(([key, { value }]) => [key, value])),
  };
  const pruned = prunePlan(before, plan, state);
  const changes = [
    ...pruned.changes,
    ...actionFor(pruned.changes, files['main.cf'] !== config.main || files['master.cf'] !== config.master),
  ];
  return { ...pruned, changes, recommendations };
}

function withSince(recommendation: Recommendation, settings: Settings): Recommendation {
  const since =
    recommendation.verdict === 'default' ? settings.defaultSince(recommendation.subject) : undefined;
  return since === undefined ? recommendation : { ...recommendation, since };
}

function changesOf(recommendations: readonly Recommendation[]): Change[] {
  return recommendations.flatMap(({ changes }) => changes);
}

/** Listen queues take a new length only when Postfix starts; everything else is read on reload. */
function actionFor(changes: readonly Change[], configured: boolean): Change[] {
  const listens = changes.some(
    (change) =>
      (change.type === 'set-parameter' && change.name === 'default_process_limit') ||
      (change.type === 'put-service' && ['inet', 'pass'].includes(change.service.type)) ||
      (change.type === 'set-sysctl' && change.key === 'net.core.somaxconn'),
  );
  if (!listens && !configured) return [];
  return [
    {
      type: 'postfix-action',
      action: listens ? 'restart' : 'reload',
      because: listens
        ? {
            why: 'A reload keeps the old listen queues (60 stayed 60); stopping and starting takes the new length (222).',
            source: 'master_listen.c; measured with 3.7.11',
            versions: 'all',
          }
        : { why: 'Running programs read the new settings.', source: 'postfix(1)', versions: 'all' },
    },
  ];
}
