import { hostname } from 'node:os';
import type { Job } from 'bullmq';
import type { Plan } from '@postern/plan';
import { bringHost, type HostWork } from '../host/bring.ts';
import { newChangeId } from '../host/change-id.ts';
import { connectTo } from '../host/connect.ts';
import type { PlanFor, Site } from '../host/site.ts';
import type { FleetHost } from '../inventory/host.ts';
import type { HostEnded } from '../rollout/event.ts';
import { now } from '../rollout/now.ts';
import { keysOf, queueName } from './keys.ts';
import { beginHost, endHost } from './ledger.ts';
import { connectRedis, load, type RedisPlace } from './redis.ts';

/** The name of a plan that workers know, and what it takes. Both lie in Redis: nothing secret belongs into `input`. */
export interface NamedPlan {
  readonly name: string;
  /** Plain JSON data. */
  readonly input?: unknown;
}

/** What a worker makes of a plan's name. */
export type PlanMaker = (site: Site, input: unknown) => Plan | undefined | Promise<Plan | undefined>;

/** One host's work as it lies in the queue. */
export interface HostJob {
  readonly rollout: string;
  readonly wave: number;
  readonly host: FleetHost;
  readonly plan: NamedPlan;
}

export interface WorkerOptions extends RedisPlace, Partial<HostWork> {
  readonly plans: Readonly<Record<string, PlanMaker>>;
  /** How many hosts this worker works on at a time; 20 by default. */
  readonly concurrency?: number;
  /**
   * After how many milliseconds without a sign of life the others take its hosts over; 30 000 by default. A worker says
   * that it lives four times as often.
   */
  readonly takeOverAfter?: number;
  /** How events name it; the machine and the process by default. */
  readonly name?: string;
}

export interface FleetWorker extends AsyncDisposable {
  /** Begins no more hosts, and resolves when those under way have ended. */
  close(): Promise<void>;
}

/**
 * Works on the hosts of rollouts that others coordinate. Any number of workers on any number of machines; they come and
 * go. Each logs in with what its own machine has: keys do not travel.
 *
 * @throws FleetError `missing-package`, `redis`
 */
export async function startFleetWorker(options: WorkerOptions): Promise<FleetWorker> {
  const { concurrency = 20, takeOverAfter = 30_000, connect = connectTo } = options;
  const { name = `${hostname()}:${process.pid}` } = options;
  const { Worker, DelayedError } = await load(() => import('bullmq'), 'bullmq');
  const keys = keysOf(options);
  const redis = await connectRedis(options);
  const jobs = await connectRedis(options);
  const host: HostWork = { ...options, connect };

  const work = async (job: Job<HostJob>, token?: string): Promise<void> => {
    const { rollout, wave, host: target } = job.data;
    const change = newChangeId(rollout);
    const begun = { type: 'begun', host: target.name, wave, change, worker: name, at: now() } as const;
    const verdict = await beginHost(redis, keys, rollout, begun);
    if (verdict === 'closed' || verdict === 'ended') return;
    if (verdict === 'held') {
      await job.moveToDelayed(Date.now() + 500, token);
      throw new DelayedError();
    }
    const onStep = (step: string): void => {
      const event = JSON.stringify({ type: 'step', host: target.name, step, at: now() });
      const trim = { strategy: 'MAXLEN', strategyModifier: '~', threshold: 1000 } as const;
      redis.xAdd(keys.steps(rollout), '*', { event }, { TRIM: trim }).catch(() => {}); // It is for a display.
    };
    const task = { rollout, host: target, change, begunBefore: verdict === 'go-on' };
    const result = await bringHost(task, planOf(options.plans, job.data.plan), host, onStep);
    const ended: HostEnded = { type: 'ended', host: target.name, wave, ...result, at: now() };
    await endHost(redis, keys, rollout, ended, change);
  };

  const worker = new Worker<HostJob, void>(queueName, work, {
    connection: jobs,
    prefix: keys.queue,
    concurrency,
    lockDuration: takeOverAfter,
    lockRenewTime: takeOverAfter / 4,
    stalledInterval: takeOverAfter / 2,
    // How often a host is taken over is no reason to forget it.
    maxStalledCount: 1_000_000,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  // Connections come back by themselves, and a job that got lost is put in again by the coordinator.
  worker.on('error', () => {});
  await worker.waitUntilReady();
  const close = async (): Promise<void> => {
    await worker.close();
    redis.destroy();
    if (jobs.isOpen) jobs.destroy();
  };
  return { close, [Symbol.asyncDispose]: close };
}

function planOf(plans: WorkerOptions['plans'], { name, input }: NamedPlan): PlanFor {
  const make = Object.hasOwn(plans, name) ? plans[name] : undefined;
  return (site) => {
    if (make) return make(site, input);
    throw new Error(
      `this worker knows no plan "${name}" (it knows ${Object.keys(plans).join(', ') || 'none'}); start it with the same version as the others.`,
    );
  };
}
