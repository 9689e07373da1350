import type { FleetHost } from '../inventory/host.ts';
import type { HostEvent, RolloutHeader } from '../rollout/event.ts';
import type { Gate } from '../rollout/gate.ts';

/**
 * Where hosts are worked on and where it is written down. `P` is how a plan is given: a function, or the name of one
 * that workers know.
 */
export interface Runner<P> {
  /** @param onPause  to be called when somebody asks for a pause where the rollout is written down */
  open(onPause: () => void): Promise<Session<P>>;
}

/** A runner at work on one rollout. */
export interface Session<P> {
  /** What was written down before, from the header of the latest rollout on; empty where there is none. */
  readonly past: readonly HostEvent[];
  /** Begins a rollout of its own: what was written down before is history. */
  begin(header: RolloutHeader): Promise<void>;
  /** Writes an event down; durable when it resolves. */
  note(event: HostEvent): Promise<void>;
  /**
   * Works on the hosts of a wave until all have ended, or none is under way and the gate is closed. `begun` and `ended`
   * are written down before they are emitted.
   */
  work(wave: WaveWork<P>): Promise<void>;
  close(): Promise<void>;
}

export interface WaveWork<P> {
  readonly rollout: string;
  readonly wave: number;
  readonly plan: P;
  readonly hosts: readonly { readonly host: FleetHost; readonly begunBefore: boolean }[];
  readonly gate: Gate;
  readonly emit: (event: HostEvent) => void;
}
