import { randomBytes } from 'node:crypto';

/** The name of a rollout: the time, and a tag that no other has. */
export function newRolloutId(): string {
  return `${stamp()}-${randomBytes(4).toString('hex')}`;
}

/** The id of a change on a host. It sorts by time, and says which rollout it belongs to. */
export function newChangeId(rollout: string): string {
  return `${stamp()}-${randomBytes(3).toString('hex')}-${tagOf(rollout)}`;
}

/** Whether a change on a host belongs to a rollout. */
export function isChangeOf(rollout: string, change: string): boolean {
  return change.endsWith(`-${tagOf(rollout)}`);
}

function tagOf(rollout: string): string {
  return rollout.slice(rollout.lastIndexOf('-') + 1);
}

/** The time to the millisecond: several changes of a host fit into a second. */
function stamp(): string {
  return new Date().toISOString().replaceAll(/[-:.]/g, '');
}
