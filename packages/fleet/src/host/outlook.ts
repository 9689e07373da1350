import { applyPlan, isEmpty, type Files, type Plan } from '@postern/plan';
import type { FleetHost } from '../inventory/host.ts';
import { failed, type HostWork } from './bring.ts';
import { connectTo } from './connect.ts';
import { siteOf, type PlanFor } from './site.ts';

/** What a rollout would do to a host. */
export type HostOutlook =
  | { readonly host: string; readonly status: 'unchanged' }
  | {
      readonly host: string;
      readonly status: 'planned';
      readonly plan: Plan;
      readonly before: Files;
      readonly after: Files;
    }
  | { readonly host: string; readonly status: 'failed'; readonly code: string; readonly message: string };

export interface PlanHostsOptions extends Pick<Partial<HostWork>, 'connect'> {
  readonly hosts: readonly FleetHost[];
  readonly plan: PlanFor;
  /** How many hosts are read at a time; 20 by default. */
  readonly concurrency?: number;
  /** Reads no more hosts. */
  readonly signal?: AbortSignal;
}

/**
 * Makes every host's plan and changes nothing.
 *
 * @yields each when it is made; for one that cannot be made, why
 */
export async function* planHosts(options: PlanHostsOptions): AsyncGenerator<HostOutlook, void, undefined> {
  const { hosts, plan, connect = connectTo, concurrency = 20, signal } = options;
  const rest = hosts.values();
  const running = new Map<string, Promise<HostOutlook>>();
  const begin = (): void => {
    const next = signal?.aborted ? { done: true as const, value: undefined } : rest.next();
    if (!next.done) running.set(next.value.name, lookAhead(next.value, plan, connect));
  };
  for (let lane = 0; lane < concurrency; lane++) begin();
  while (running.size > 0) {
    const outlook = await Promise.race(running.values());
    running.delete(outlook.host);
    begin();
    yield outlook;
  }
}

async function lookAhead(host: FleetHost, plan: PlanFor, connect: HostWork['connect']): Promise<HostOutlook> {
  try {
    await using machine = await connect(host);
    const config = await machine.readConfig();
    const wanted = await plan(siteOf(host, machine, config));
    if (!wanted || isEmpty(wanted)) return { host: host.name, status: 'unchanged' };
    const before = config.files;
    return { host: host.name, status: 'planned', plan: wanted, before, after: applyPlan(before, wanted) };
  } catch (error) {
    const { code, message } = failed(error);
    return { host: host.name, status: 'failed', code, message };
  }
}
