import { isFailure, type RolloutHalted } from '../rollout/event.ts';
import { isEnded, type HostState, type RolloutState } from '../rollout/state.ts';
import type { Strategy } from '../rollout/strategy.ts';

/** How a rollout went, for programs and for `reportHtml`. Plain JSON data. */
export interface RolloutReport {
  readonly id: string;
  readonly label: string;
  readonly note?: unknown;
  /** ISO 8601. */
  readonly begun: string;
  readonly phase: 'running' | RolloutHalted['type'];
  readonly because?: string;
  readonly strategy: Strategy;
  /** Failures that are allowed after the canary. */
  readonly allowed: number;
  /** How many hosts are how, for every status there is. */
  readonly counts: Readonly<Record<HostState['status'], number>>;
  readonly failures: number;
  readonly waves: readonly WaveReport[];
  /** In the order in which they are taken. */
  readonly hosts: readonly HostState[];
}

interface WaveReport {
  readonly name: string;
  readonly hosts: number;
  readonly ended: number;
  readonly failures: number;
}

export function reportOf(state: RolloutState): RolloutReport {
  const { header, phase, because } = state;
  const hosts = [...state.hosts.values()];
  const counts = {
    waiting: 0,
    running: 0,
    unchanged: 0,
    applied: 0,
    'rolled-back': 0,
    failed: 0,
    unknown: 0,
  } satisfies Record<HostState['status'], number>;
  const waves = header.waves.map(({ name, hosts: { length } }) => ({
    name,
    hosts: length,
    ended: 0,
    failures: 0,
  }));
  for (const { status, wave } of hosts) {
    counts[status] += 1;
    if (!isEnded(status)) continue;
    waves[wave]!.ended += 1;
    if (isFailure({ status })) waves[wave]!.failures += 1;
  }
  return {
    id: header.id,
    label: header.label,
    ...(header.note !== undefined && { note: header.note }),
    begun: header.at,
    phase,
    ...(because !== undefined && { because }),
    strategy: header.strategy,
    allowed: header.allowed,
    counts,
    failures: counts['rolled-back'] + counts.failed + counts.unknown,
    waves,
    hosts,
  };
}
