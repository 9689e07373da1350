import {
  isFailure,
  type HostEvent,
  type HostResult,
  type RolloutHalted,
  type RolloutHeader,
} from './event.ts';

/** How far a host is. */
export interface HostState extends Partial<Omit<HostResult, 'status'>> {
  readonly host: string;
  /** Counts from 0; the waves are those of the header. */
  readonly wave: number;
  readonly status: 'waiting' | 'running' | HostResult['status'];
  /** How often it was begun. */
  readonly attempts: number;
  /** An earlier attempt did not come to an end that is known: the host is looked at before it is changed again. */
  readonly unsettled?: true;
}

/** How far a rollout is: all that its events say, in as much memory as it has hosts. */
export interface RolloutState {
  readonly header: RolloutHeader;
  readonly hosts: Map<string, HostState>;
  phase: 'running' | RolloutHalted['type'];
  because: string | undefined;
  /** Failures that count: those since it was begun, or since it was resumed after it had stopped. */
  failures: number;
}

export function newState(header: RolloutHeader): RolloutState {
  const hosts = new Map<string, HostState>();
  header.waves.forEach((wave, index) => {
    for (const host of wave.hosts) hosts.set(host, { host, wave: index, status: 'waiting', attempts: 0 });
  });
  return { header, hosts, phase: 'running', because: undefined, failures: 0 };
}

/** Takes in one more event. */
export function advance(state: RolloutState, event: HostEvent): void {
  switch (event.type) {
    case 'begun': {
      const before = state.hosts.get(event.host);
      if (!before) return;
      state.hosts.set(event.host, {
        host: event.host,
        wave: before.wave,
        status: 'running',
        change: event.change,
        attempts: before.attempts + 1,
      });
      return;
    }
    case 'ended': {
      const before = state.hosts.get(event.host);
      if (!before) return;
      const { type: _type, at: _at, wave: _wave, ...result } = event;
      state.hosts.set(event.host, { ...result, wave: before.wave, attempts: before.attempts });
      if (isFailure(event)) state.failures += 1;
      return;
    }
    case 'resumed':
      // Whoever resumes what had stopped has looked at its failures.
      if (state.phase === 'stopped') state.failures = 0;
      state.phase = 'running';
      state.because = undefined;
      for (const host of event.again) {
        const before = state.hosts.get(host);
        if (before) {
          const { wave, attempts } = before;
          const unsettled = before.status === 'unknown' && { unsettled: true as const };
          state.hosts.set(host, { host, wave, status: 'waiting', attempts, ...unsettled });
        }
      }
      return;
    case 'paused':
    case 'stopped':
    case 'aborted':
    case 'finished':
      state.phase = event.type;
      state.because = event.because;
      return;
    case 'rollout':
    case 'wave':
    case 'step':
  }
}

/** The state that events lead to. @returns undefined where they do not begin with a header */
export function stateOf(events: Iterable<HostEvent>): RolloutState | undefined {
  let state: RolloutState | undefined;
  for (const event of events) {
    if (event.type === 'rollout') state = newState(event);
    else if (state) advance(state, event);
  }
  return state;
}

export function isEnded(status: HostState['status']): status is HostResult['status'] {
  return status !== 'waiting' && status !== 'running';
}

export function hasFailed({ status }: HostState): boolean {
  return isEnded(status) && isFailure({ status });
}
