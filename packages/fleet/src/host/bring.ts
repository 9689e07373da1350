import {
  ControllerError,
  type HostApply,
  type HostApplyOptions,
  type PostfixHost,
} from '@postern/controller';
import { isEmpty, PlanError } from '@postern/plan';
import type { FleetHost } from '../inventory/host.ts';
import type { HostResult } from '../rollout/event.ts';
import { isChangeOf } from './change-id.ts';
import { settle } from './settle.ts';
import { siteOf, type PlanFor } from './site.ts';

/** How hosts are opened and changed. */
export interface HostWork {
  readonly connect: (host: FleetHost) => Promise<PostfixHost>;
  /** What every apply is given; see `host.apply`. */
  readonly apply?: Pick<HostApplyOptions, 'confirmWithin' | 'backdate' | 'patience'>;
  /** How the checks reach a host from outside of its mynetworks; by default directly. */
  readonly vantage?: (host: FleetHost) => HostApplyOptions['vantage'];
}

/** One host to bring to where its plan says. */
export interface Task {
  readonly rollout: string;
  readonly host: FleetHost;
  /** The id that a change will have. */
  readonly change: string;
  /** Whether an earlier attempt of this rollout may have got anywhere. */
  readonly begunBefore: boolean;
}

/**
 * Works on one host until it is as its plan says, or as it was. Never throws: what goes wrong is the result.
 *
 *     log in → finish what an earlier attempt left → read → plan → apply under the watchdog → confirmed or rolled back
 */
export async function bringHost(
  task: Task,
  plan: PlanFor,
  work: HostWork,
  onStep: (step: string) => void,
): Promise<HostResult> {
  const start = performance.now();
  const result = await attempt(task, plan, work, onStep).catch((error: unknown) => failed(error));
  return { ...result, seconds: Math.round(performance.now() - start) / 1000 };
}

type Result = Omit<HostResult, 'seconds'>;

async function attempt(
  task: Task,
  plan: PlanFor,
  work: HostWork,
  onStep: (step: string) => void,
): Promise<Result> {
  const { host, rollout } = task;
  const isOurs = (id: string): boolean => isChangeOf(rollout, id);
  const patience = (work.apply?.confirmWithin ?? 120_000) + 15_000;
  const open = (): Promise<PostfixHost> => work.connect(host);
  let hasTried = task.begunBefore;
  for (let round = 1; ; round++) {
    if (hasTried) {
      onStep('looking at what was begun');
      const found = await settle(open, isOurs, patience);
      if (found.status === 'applied') return applied(found.change, found.files);
      if (found.status === 'unknown') return unknown(host.name, task.change, found.reason);
    }
    onStep('logging in');
    try {
      await using machine = await open();
      return await applyTo(machine, task, plan, work, onStep);
    } catch (error) {
      if (!(error instanceof ControllerError)) throw error;
      // Somebody wrote the files since they were read, or a change waits that may be of an earlier attempt: look again.
      if ((error.code === 'changed-meanwhile' || error.code === 'pending') && round < 3) {
        hasTried ||= error.code === 'pending';
        continue;
      }
      if (!leavesDoubt.has(error.code)) throw error;
      onStep('looking again');
      const found = await settle(open, (id) => id === task.change, patience);
      if (found.status === 'applied') return applied(found.change, found.files);
      if (found.status === 'unknown') return unknown(host.name, task.change, found.reason);
      const { code, message } = failed(error);
      return found.status === 'none'
        ? { status: 'failed', code, message }
        : { status: 'rolled-back', change: task.change, code, message };
    }
  }
}

/** After these it is not known whether the change is made. */
const leavesDoubt: ReadonlySet<string> = new Set([
  'outcome-unknown',
  'timeout',
  'step-failed',
  'not-pending',
  'too-much-output',
]);

async function applyTo(
  machine: PostfixHost,
  task: Task,
  plan: PlanFor,
  work: HostWork,
  onStep: (step: string) => void,
): Promise<Result> {
  onStep('reading');
  const config = await machine.readConfig();
  onStep('planning');
  const wanted = await plan(siteOf(task.host, machine, config));
  if (!wanted || isEmpty(wanted)) return { status: 'unchanged' };
  const vantage = work.vantage?.(task.host);
  const outcome = await machine.apply(wanted, {
    ...work.apply,
    ...(vantage && { vantage }),
    id: task.change,
    basedOn: config,
    onStep,
  });
  return resultOf(outcome);
}

function resultOf({ status, id, changed, checks, log }: HostApply): Result {
  if (status === 'unchanged') return { status: 'unchanged' };
  const open = checks.filter((check) => check.status !== 'passed');
  const base = { ...(id !== undefined && { change: id }), changed, checks: open };
  if (status === 'applied') return { status: 'applied', ...base };
  const failures = open.filter((check) => check.status === 'failed');
  const why = failures.map((check) => `${check.id}: ${check.message}`);
  return {
    status: 'rolled-back',
    ...base,
    code: 'check-failed',
    message: shorten([...why, ...(why.length === 0 ? log : [])].join('; ') || 'a check failed'),
  };
}

function applied(change: string | undefined, files: readonly string[] | undefined): Result {
  return { status: 'applied', ...(change !== undefined && { change }), ...(files && { changed: files }) };
}

function unknown(name: string, change: string, reason = 'no answer'): Result {
  return {
    status: 'unknown',
    change,
    code: 'outcome-unknown',
    message: shorten(
      `${name}: it went away in the middle and cannot be asked (${reason}). ` +
        'Unless the change was confirmed by then, the host has undone it by itself. Resume the rollout when it is back.',
    ),
  };
}

/** What went wrong, as a host's result says it. */
export function failed(error: unknown): Required<Pick<Result, 'status' | 'code' | 'message'>> {
  if (error instanceof ControllerError) {
    return { status: 'failed', code: error.code, message: shorten(error.message) };
  }
  const code = error instanceof PlanError ? error.code : 'plan-failed';
  return { status: 'failed', code, message: shorten(error instanceof Error ? error.message : String(error)) };
}

/** Results are kept for every host. */
function shorten(text: string): string {
  return text.length > 1000 ? `${text.slice(0, 999)}…` : text;
}
