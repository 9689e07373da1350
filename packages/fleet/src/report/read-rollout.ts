import { readEvents } from '../bullmq/runner.ts';
import type { RedisPlace } from '../bullmq/redis.ts';
import { reportOf, type RolloutReport } from './report.ts';
import { stateOf } from '../rollout/state.ts';
import { readJournal } from '../journal/journal.ts';

/**
 * How far the latest rollout in a journal, or in Redis, is; also while another process is at it.
 *
 * @returns undefined where there is none
 * @throws FleetError `unreadable`, `damaged-journal`, `missing-package`, `redis`
 */
export async function readRollout(place: string | RedisPlace): Promise<RolloutReport | undefined> {
  const state = stateOf(typeof place === 'string' ? await readJournal(place) : await readEvents(place));
  return state && reportOf(state);
}
