import { pauseThere } from '../bullmq/runner.ts';
import type { RedisPlace } from '../bullmq/redis.ts';
import { FleetError } from '../error.ts';
import { askToPause } from '../journal/lock.ts';
import type { RolloutReport } from '../report/report.ts';
import { readRollout } from '../report/read-rollout.ts';

/**
 * Pauses a rollout that another process runs: no more hosts are begun, those under way are confirmed or rolled back, and
 * then that process ends. A rollout with a journal can be paused from the same machine, on Linux; one in Redis from any.
 *
 * @returns how far it is then
 * @throws FleetError `nothing-to-pause`, and as `readRollout`; the signal's reason
 */
export async function pauseRollout(
  place: string | RedisPlace,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<RolloutReport> {
  const before = await readRollout(place);
  if (!before) throw new FleetError('nothing-to-pause', 'there is no rollout to pause; none was begun.');
  const { id, phase } = before;
  if (phase !== 'running') {
    throw new FleetError('nothing-to-pause', `rollout ${id} is ${phase}; there is nothing to pause.`);
  }
  if (typeof place !== 'string') await pauseThere(place, id, signal);
  else if (!(await askToPause(place, id, signal))) {
    throw new FleetError(
      'nothing-to-pause',
      `rollout ${id}: no process of this machine is at it; it was cut short, or runs elsewhere. Resume it, or press Ctrl-C where it runs.`,
    );
  }
  return (await readRollout(place)) ?? before;
}
