import type { HostConfig, HostFacts, PostfixHost } from '@postern/controller';
import type { Plan } from '@postern/plan';
import type { FleetHost } from '../inventory/host.ts';

/** A host at the moment when its plan is made. */
export interface Site {
  readonly host: FleetHost;
  /** Its configuration as it is now; when that changes before the plan is applied, the plan is made again. */
  readonly config: HostConfig;
  /** What else is so on it: system, process, package manager. Asked when called. */
  readonly facts: () => Promise<HostFacts>;
  /** The machine itself, for other questions. */
  readonly machine: PostfixHost;
}

/** Makes the plan of one host; undefined where there is nothing to do. What it throws fails this host alone. */
export type PlanFor = (site: Site) => Plan | undefined | Promise<Plan | undefined>;

export function siteOf(host: FleetHost, machine: PostfixHost, config: HostConfig): Site {
  return { host, config, machine, facts: () => machine.probe() };
}
