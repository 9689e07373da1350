import { FleetError } from '../error.ts';
import { bringHost, type HostWork } from '../host/bring.ts';
import { newChangeId } from '../host/change-id.ts';
import { connectTo } from '../host/connect.ts';
import type { PlanFor } from '../host/site.ts';
import { openJournal, readJournal } from '../journal/journal.ts';
import type { HostEvent } from '../rollout/event.ts';
import { now } from '../rollout/now.ts';
import type { Runner, Session, WaveWork } from './runner.ts';

export interface InProcessOptions extends Partial<HostWork> {
  /** How many hosts are worked on at a time; 20 by default. */
  readonly concurrency?: number;
  /** The file that the rollout is written down in, to be resumed from; without it nothing outlives the process. */
  readonly journal?: string;
}

/** Works on the hosts from this process. */
export function inProcess(options: InProcessOptions = {}): Runner<PlanFor> {
  const { concurrency = 20, journal: file, connect = connectTo } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new FleetError('bad-strategy', `concurrency cannot be ${concurrency}. Write a count from 1 up.`);
  }
  const host: HostWork = { ...options, connect };
  return {
    async open(onPause): Promise<Session<PlanFor>> {
      const journal = file === undefined ? undefined : await openJournal(file, onPause);
      const write = async (event: HostEvent): Promise<void> => journal?.append(event);
      return {
        past: file === undefined ? [] : lastRollout(await readJournal(file)),
        begin: write,
        note: write,
        work: (wave) => workInLanes(wave, concurrency, host, write),
        close: async () => journal?.close(),
      };
    },
  };
}

/** What stands in a journal of the rollout that was begun last. */
function lastRollout(events: readonly HostEvent[]): readonly HostEvent[] {
  const start = events.findLastIndex(({ type }) => type === 'rollout');
  return start === -1 ? [] : events.slice(start);
}

async function workInLanes(
  { rollout, wave, plan, hosts, gate, emit }: WaveWork<PlanFor>,
  concurrency: number,
  work: HostWork,
  write: (event: HostEvent) => Promise<void>,
): Promise<void> {
  const rest = hosts.values();
  const lane = async (): Promise<void> => {
    while (await gate.pass()) {
      const next = rest.next();
      if (next.done) return;
      const { host, begunBefore } = next.value;
      const change = newChangeId(rollout);
      const begun: HostEvent = { type: 'begun', host: host.name, wave, change, at: now() };
      await write(begun);
      emit(begun);
      const result = await bringHost({ rollout, host, change, begunBefore }, plan, work, (step) =>
        emit({ type: 'step', host: host.name, step, at: now() }),
      );
      gate.count(result);
      const ended: HostEvent = { type: 'ended', host: host.name, wave, ...result, at: now() };
      await write(ended);
      emit(ended);
    }
  };
  // A journal that cannot be written stops the rollout, and what is under way still goes to its end.
  const lanes = Array.from({ length: Math.min(concurrency, hosts.length) }, () =>
    lane().catch((error: unknown) => {
      gate.close('stopped', error instanceof Error ? error.message : String(error));
      throw error;
    }),
  );
  const broken = (await Promise.allSettled(lanes)).find(({ status }) => status === 'rejected');
  if (broken?.status === 'rejected') throw broken.reason;
}
