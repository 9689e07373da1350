import { reportOf, type RolloutReport } from '../report/report.ts';
import { stateOf } from '../rollout/state.ts';
import { readJournal } from './journal.ts';

/**
 * How far the rollout in a journal is, also while another process is at it.
 *
 * @returns undefined where there is none
 * @throws FleetError `unreadable`, `damaged-journal`
 */
export async function readRollout(journal: string): Promise<RolloutReport | undefined> {
  const state = stateOf(await readJournal(journal));
  return state && reportOf(state);
}
