import type { Change } from './change.ts';
import { Draft } from './draft.ts';
import type { Files, HostState, Plan } from './plan.ts';
import { fileOf, isSourceOf } from './subject.ts';

/**
 * The plan without what is already so: changes that leave the files as they are, and, as far as the state of
 * the host is known, settings it has and packages it carries. An action goes when everything it would
 * follow has gone; a plan of actions alone stays. `prunePlan` of what `applyPlan` made is empty.
 *
 * A put-file with the content that is there goes whatever its mode and owner: texts do not show those.
 * A change that does not fit stays, so that `applyPlan` reports it.
 */
export function prunePlan(files: Files, plan: Plan, state: HostState = {}): Plan {
  const draft = new Draft(files, plan.target.postfix);
  const pending = plan.changes.filter((change, index) => {
    const effect = draft.make(change, `changes[${index}]`);
    return effect !== 'unchanged' && !(effect === 'outside' && isKnown(change, state));
  });
  const gone = plan.changes.filter((change) => !pending.includes(change));
  const stays = pending.some(({ type }) => type !== 'postfix-action') || gone.length === 0;
  const changes = pending.filter(
    (change) =>
      change.type !== 'postfix-action' || (stays && !gone.some((other) => isSourceOf(fileOf(other), change))),
  );
  return { ...plan, changes };
}

/** Whether the host is known to be so already. */
function isKnown(change: Change, { sysctl = {}, packages = [] }: HostState): boolean {
  switch (change.type) {
    case 'set-sysctl':
      return Object.hasOwn(sysctl, change.key) && words(sysctl[change.key]!) === words(change.value);
    case 'install-package':
      return [change.name.debian, change.name.redhat].some(
        (name) => name !== undefined && packages.includes(name),
      );
    default:
      return false;
  }
}

/** The kernel shows lists with tabs between their numbers. */
function words(value: string): string {
  return value.trim().split(/\s+/).join(' ');
}
