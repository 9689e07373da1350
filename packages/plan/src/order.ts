import type { Change } from './change.ts';
import type { Plan } from './plan.ts';
import { normalPath } from './path.ts';
import { subjectOf } from './subject.ts';

/**
 * The stages of a safe change, for a host on which every step takes effect at once: a thing exists before
 * anything names it, nothing names it any more before it goes, and relay control stands before anything
 * drops the work that it takes over.
 */
const stages = [
  'packages',
  'files',
  'tables',
  'kernel',
  'relay control and what services name',
  'services',
  'service relay control off',
  'parameters',
  'relay control off',
  'services gone',
  'files gone',
  'actions',
] as const;
type Stage = (typeof stages)[number];

/**
 * Puts the changes into an order in which they can be made one by one. It is a permutation: changes of one
 * stage stay in their order, and two changes to the same thing are never swapped, so the plan means the same.
 */
export function orderPlan(plan: Plan): Plan {
  const named = parametersThatServicesName(plan.changes);
  const latest = new Map<string, number>();
  const latestInside = new Map<string, number>();
  const ranked = plan.changes.map((change) => {
    const subject = subjectOf(change);
    const rank = Math.max(
      stages.indexOf(stageOf(change, named)),
      latest.get(subject.key) ?? 0,
      latestInside.get(subject.key) ?? 0,
      ...subject.in.map((container) => latest.get(container) ?? 0),
    );
    latest.set(subject.key, rank);
    for (const container of subject.in) {
      latestInside.set(container, Math.max(rank, latestInside.get(container) ?? 0));
    }
    return { change, rank };
  });
  return { ...plan, changes: ranked.toSorted((a, b) => a.rank - b.rank).map(({ change }) => change) };
}

function stageOf(change: Change, named: ReadonlySet<string>): Stage {
  switch (change.type) {
    case 'install-package':
      return 'packages';
    case 'put-file':
      return stageOfFile(normalPath(change.path));
    case 'set-sysctl':
      return 'kernel';
    case 'set-parameter':
      if (change.name === relayControl) return isNothing(change.value) ? 'relay control off' : stages[4];
      return named.has(change.name) ? stages[4] : 'parameters';
    case 'remove-parameter':
      return change.name === relayControl ? 'relay control off' : 'parameters';
    case 'put-service':
      return 'services';
    case 'set-service-option':
      return change.option === relayControl && isNothing(change.value)
        ? 'service relay control off'
        : 'services';
    case 'remove-service':
      return 'services gone';
    case 'remove-file':
      return 'files gone';
    case 'postfix-action':
      return change.action === 'postmap' || change.action === 'newaliases' ? 'tables' : 'actions';
  }
}

function stageOfFile(path: string): Stage {
  if (path === 'main.cf') return 'parameters';
  return path === 'master.cf' ? 'services' : 'files';
}

const relayControl = 'smtpd_relay_restrictions';

function isNothing(value: string | null): boolean {
  return value === null || value.trim() === '';
}

/** The parameters that an option of a service in this plan expands, such as `$mua_sender_restrictions`. */
function parametersThatServicesName(changes: readonly Change[]): ReadonlySet<string> {
  const values = changes.flatMap((change) => {
    if (change.type === 'put-service') return change.service.options.map((option) => option.value);
    return change.type === 'set-service-option' && change.value !== null ? [change.value] : [];
  });
  return new Set(values.flatMap((value) => [...value.matchAll(/\$[({]?(\w+)/g)].map((match) => match[1]!)));
}
