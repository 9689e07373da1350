import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError } from '../error.ts';
import { newRolloutId } from '../host/change-id.ts';
import type { PlanFor } from '../host/site.ts';
import type { FleetHost } from '../inventory/host.ts';
import { reportOf, type RolloutReport } from '../report/report.ts';
import { inProcess } from '../runners/in-process.ts';
import type { Runner, Session } from '../runners/runner.ts';
import { type HostEvent, type RolloutHalted, type RolloutHeader } from './event.ts';
import { EventQueue } from './events-queue.ts';
import { Gate } from './gate.ts';
import { now } from './now.ts';
import { advance, hasFailed, isEnded, newState, stateOf, type RolloutState } from './state.ts';
import { allowedFailures, planWaves, type Strategy } from './strategy.ts';

export interface RolloutOptions<P> {
  readonly hosts: readonly FleetHost[];
  /** Made for each host from its configuration and facts, when its turn comes. */
  readonly plan: P;
  /** A resume goes by the strategy that the rollout was begun with. */
  readonly strategy?: Strategy;
  /** By default this process, twenty hosts at a time, without a journal. */
  readonly runner?: Runner<P>;
  /** What is rolled out, in words; a resume with other words is refused. */
  readonly label?: string;
  /** Plain JSON data that is kept with the rollout and given back by its report; nothing secret. */
  readonly note?: unknown;
  /** Goes on with the rollout that the runner has written down; `failed-too` takes the hosts again that have failed. */
  readonly resume?: boolean | 'failed-too';
  /** Begins a new rollout though the one that the runner has written down did not end. */
  readonly supersede?: boolean;
  /** Pauses the rollout: no more hosts are begun, and those under way go to their end. */
  readonly signal?: AbortSignal;
}

/**
 * A rollout; it begins when it is iterated. Each event comes when it is written down. Leaving the loop pauses the
 * rollout and waits until the hosts under way are confirmed or rolled back.
 */
export interface Rollout extends AsyncIterable<HostEvent> {
  /** Begins no more hosts until `resume`. */
  pause(): void;
  resume(): void;
  /** Ends it for good: the hosts that were not begun stay as they are. */
  abort(because?: string): void;
  /** How far it is. @throws FleetError `nothing-to-resume` before it was begun */
  report(): RolloutReport;
}

/**
 * Brings many hosts to where their plans say: a canary first, then waves, and stops when more have failed than may.
 * However it ends, each host is confirmed or rolled back.
 *
 * Iterating @throws FleetError `no-hosts`, `same-name`, `bad-strategy`, and what keeps a resume from going on
 */
export function rollout(options: RolloutOptions<PlanFor>): Rollout;
export function rollout<P>(options: RolloutOptions<P> & { readonly runner: Runner<P> }): Rollout;
export function rollout<P>(options: RolloutOptions<P>): Rollout {
  const runner = options.runner ?? (inProcess() as unknown as Runner<P>);
  const run = new Run(options, runner);
  return {
    pause: () => run.hold(),
    resume: () => run.open(),
    abort: (because = 'somebody aborted it') => run.abort(because),
    report: () => run.report(),
    [Symbol.asyncIterator]: () => run.events(),
  };
}

class Run<P> {
  readonly #options: RolloutOptions<P>;
  readonly #runner: Runner<P>;
  readonly #queue = new EventQueue<HostEvent>();
  #state: RolloutState | undefined;
  #gate = new Gate(0);
  #isBegun = false;

  constructor(options: RolloutOptions<P>, runner: Runner<P>) {
    this.#options = options;
    this.#runner = runner;
  }

  hold(): void {
    this.#gate.hold();
  }

  open(): void {
    this.#gate.open();
  }

  abort(because: string): void {
    this.#gate.close('aborted', because);
  }

  report(): RolloutReport {
    if (this.#state) return reportOf(this.#state);
    throw new FleetError('nothing-to-resume', 'the rollout has not begun; iterate it first.');
  }

  async *events(): AsyncGenerator<HostEvent, void, undefined> {
    if (this.#isBegun) throw new FleetError('in-use', 'a rollout is iterated once.');
    this.#isBegun = true;
    const paused = (): void => this.#gate.close('paused', 'somebody paused it');
    this.#options.signal?.addEventListener('abort', paused, { once: true });
    if (this.#options.signal?.aborted) paused();
    const done = this.#go(paused).then(
      () => this.#queue.end(),
      (value: unknown) => this.#queue.end({ value }),
    );
    try {
      yield* this.#queue;
    } finally {
      paused();
      await done;
      this.#options.signal?.removeEventListener('abort', paused);
    }
  }

  async #go(onPause: () => void): Promise<void> {
    const byName = indexHosts(this.#options.hosts);
    const session = await this.#runner.open(onPause);
    try {
      const state = await this.#start(session, byName);
      await this.#walk(session, state, byName);
    } finally {
      await session.close();
    }
  }

  /** Begins anew, or picks up what was written down. */
  async #start(session: Session<P>, byName: ReadonlyMap<string, FleetHost>): Promise<RolloutState> {
    const { resume = false, supersede = false, strategy = {}, label = 'a plan', note } = this.#options;
    const past = stateOf(session.past);
    if (!resume) {
      const isOpen = past && past.phase !== 'finished' && past.phase !== 'aborted';
      if (isOpen && !supersede) throw unfinished(past);
      const names = [...byName.keys()];
      const waves = planWaves(names, strategy);
      const allowed = allowedFailures(strategy, names.length);
      const id = newRolloutId();
      const header: RolloutHeader = {
        type: 'rollout',
        id,
        label,
        strategy,
        waves,
        allowed,
        at: now(),
        ...(note !== undefined && { note }),
      };
      await session.begin(header);
      this.#state = newState(header);
      this.#queue.put(header);
      return this.#state;
    }
    if (!past) {
      throw new FleetError('nothing-to-resume', 'there is no rollout to resume; begin one.');
    }
    refuseOther(past, label, byName);
    this.#state = past;
    const hosts = [...past.hosts.values()];
    const again = resume === 'failed-too' ? hosts.filter(hasFailed).map(({ host }) => host) : [];
    const waiting = hosts.some(({ status }) => !isEnded(status));
    if (!waiting && again.length === 0) {
      throw new FleetError('nothing-to-resume', `rollout ${past.header.id} has taken every host already.`);
    }
    await this.#note(session, { type: 'resumed', again, at: now() });
    return past;
  }

  async #walk(
    session: Session<P>,
    state: RolloutState,
    byName: ReadonlyMap<string, FleetHost>,
  ): Promise<void> {
    const { header } = state;
    const gate = this.#renewGate(state.failures);
    const { strategy } = header;
    for (const [index, wave] of header.waves.entries()) {
      const hosts = wave.hosts.flatMap((name) => {
        const { status, unsettled = false } = state.hosts.get(name)!;
        const begunBefore = status === 'running' || unsettled;
        return isEnded(status) ? [] : { host: byName.get(name)!, begunBefore };
      });
      if (hosts.length === 0) continue;
      if (gate.closed) break;
      await this.#note(session, {
        type: 'wave',
        wave: index,
        name: wave.name,
        hosts: hosts.length,
        at: now(),
      });
      gate.allow(wave.name === 'canary' ? 0 : header.allowed);
      const emit = (event: HostEvent): void => this.#emit(event);
      await session.work({ rollout: header.id, wave: index, plan: this.#options.plan, hosts, gate, emit });
      if (gate.closed || index === header.waves.length - 1) break;
      const pauseHere =
        strategy.pauseAfter === 'every-wave' || (strategy.pauseAfter === 'canary' && wave.name === 'canary');
      if (pauseHere) gate.close('paused', `${wave.name} is through`);
      else await soak(strategy.soak ?? 0, gate);
    }
    const failures = [...state.hosts.values()].filter(hasFailed).length;
    const { type, because } = this.#lastWord(state, failures, gate);
    await this.#note(session, { type, because, at: now() });
  }

  /** What came in before the rollout was read: somebody who paused or aborted it. */
  #renewGate(failures: number): Gate {
    const early = this.#gate;
    this.#gate = new Gate(failures);
    if (early.closed) this.#gate.close(early.closed.type, early.closed.because);
    return this.#gate;
  }

  #lastWord(
    state: RolloutState,
    failures: number,
    { closed }: Gate,
  ): { type: RolloutHalted['type']; because: string } {
    const isThrough = [...state.hosts.values()].every(({ status }) => isEnded(status));
    // Nobody is left to be spared: whatever closed the gate came too late to matter.
    if (!isThrough && closed) return closed;
    const hosts = state.hosts.size === 1 ? '1 host was' : `${state.hosts.size} hosts were`;
    return { type: 'finished', because: `${hosts} taken, ${failures === 0 ? 'none' : failures} failed` };
  }

  async #note(session: Session<P>, event: HostEvent): Promise<void> {
    await session.note(event);
    this.#emit(event);
  }

  #emit(event: HostEvent): void {
    // Steps are for a display: where nobody looks, they do not gather.
    if (event.type === 'step' && this.#queue.size > 1000) return;
    advance(this.#state!, event);
    this.#queue.put(event);
  }
}

function indexHosts(hosts: readonly FleetHost[]): Map<string, FleetHost> {
  if (hosts.length === 0) throw new FleetError('no-hosts', 'there are no hosts to roll out to.');
  const byName = new Map<string, FleetHost>();
  for (const host of hosts) {
    if (byName.has(host.name)) {
      throw new FleetError('same-name', `two hosts are called ${host.name}; each needs a name of its own.`);
    }
    byName.set(host.name, host);
  }
  return byName;
}

function unfinished({ header, phase }: RolloutState): FleetError {
  const how = phase === 'running' ? 'was cut short' : `is ${phase}`;
  return new FleetError(
    'unfinished',
    `rollout ${header.id} of ${header.at} (${header.label}) ${how}. Resume it, supersede it, or keep another journal.`,
  );
}

function refuseOther(past: RolloutState, label: string, byName: ReadonlyMap<string, FleetHost>): void {
  const { header, hosts, phase } = past;
  if (phase === 'aborted') {
    throw new FleetError(
      'nothing-to-resume',
      `rollout ${header.id} was aborted (${past.because}). Begin a new one.`,
    );
  }
  if (header.label !== label) {
    throw new FleetError(
      'another-plan',
      `rollout ${header.id} was begun with "${header.label}", and this is "${label}". Resume it with the same, or supersede it.`,
    );
  }
  const missing = [...hosts.values()].filter(({ host, status }) => !isEnded(status) && !byName.has(host));
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map(({ host }) => host);
    throw new FleetError(
      'host-missing',
      `rollout ${header.id} has ${missing.length} hosts to go that are not among the hosts any more: ${names.join(', ')}${missing.length > 5 ? ' …' : ''}. Put them back, or supersede it.`,
    );
  }
}

async function soak(milliseconds: number, gate: Gate): Promise<void> {
  if (milliseconds === 0) return;
  const stop = new AbortController();
  gate.whenClosed(() => stop.abort());
  await sleep(milliseconds, undefined, { signal: stop.signal }).catch(() => undefined);
}
