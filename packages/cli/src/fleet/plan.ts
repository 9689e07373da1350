import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { PlanMaker, Site } from '@postern/fleet';
import type { Plan } from '@postern/plan';
import { planFor } from '../commands/plan.ts';
import { CommandError } from '../exit.ts';
import { hardenOptions, type HardeningFlags } from '../hardening-options.ts';
import type { Io } from '../io.ts';
import { readHost } from '../target.ts';

/** What is rolled out. Plain JSON data: it is kept with the rollout, so that a resume needs to be told nothing again. */
export type FleetPlan =
  | { readonly kind: 'profile'; readonly flags: HardeningFlags; readonly postfix?: string }
  | { readonly kind: 'file'; readonly plan: Plan; readonly file: string };

export interface FleetPlanFlags extends HardeningFlags {
  readonly plan?: string;
  readonly postfix?: string;
}

/** The plan that the command line asks for. @throws CommandError for a plan file that is none */
export async function fleetPlanOf(io: Io, flags: FleetPlanFlags): Promise<FleetPlan> {
  if (flags.plan === undefined) {
    const known = Object.entries(flags).filter(([key]) => !notOfTheProfile.has(key));
    const profile = Object.fromEntries(known) as unknown as HardeningFlags;
    await hardenOptions(io, profile);
    return {
      kind: 'profile',
      flags: profile,
      ...(flags.postfix !== undefined && { postfix: flags.postfix }),
    };
  }
  const file = resolve(io.cwd, flags.plan);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError('usage', `--plan ${flags.plan}: cannot be read: ${reason}`, { cause });
  });
  const { parsePlan } = await import('@postern/plan');
  const { plan, problems } = parsePlan(text);
  if (plan) return { kind: 'file', plan, file: flags.plan };
  const what = problems.map(({ at, message, advice }) => `${at}: ${message}; ${advice}`).join('\n');
  throw new CommandError('usage', `--plan ${flags.plan}: is no plan\n${what}`);
}

/** What of the command line is about the rollout or the login, and not about the profile. */
const notOfTheProfile: ReadonlySet<string> = new Set(
  (
    'plan postfix limit concurrency json yes html journal redis work anew ' +
    'canary waves maxFailures pauseAfter soak confirmWithin failedToo ' +
    'identity acceptNew knownHosts jump sshConfig askSudo configDirectory'
  ).split(' '),
);

/** In a few words, as reports and questions name it. */
export function labelOf(plan: FleetPlan): string {
  return plan.kind === 'file' ? `the plan ${plan.file}` : `the profile ${plan.flags.profile}`;
}

/** Makes plans of what `fleetPlanOf` has made of the command line, here or on a worker's machine. */
export function planMaker(io: Io): PlanMaker {
  return async (site, input) => {
    const wanted = input as FleetPlan;
    if (wanted.kind === 'file') {
      const { orderPlan } = await import('@postern/plan');
      return orderPlan({ ...wanted.plan, target: { name: site.host.name, postfix: site.config.version } });
    }
    const options = await hardenOptions(io, { ...wanted.flags, ...ownFlags(site) });
    const target = await readHost(alreadyRead(site), {
      ...(wanted.postfix !== undefined && { postfix: wanted.postfix }),
    });
    const plan = await planFor(`ssh://${site.host.name}`, target, options);
    if (plan.obstacles.length === 0) return plan;
    const what = plan.obstacles.map(({ at, message }) => `${at ? `${at.file}:${at.line}: ` : ''}${message}`);
    throw new Error(`nothing can be planned while Postfix cannot read the configuration: ${what.join('; ')}`);
  };
}

/** A host's own inputs of the profile: its variables `harden_hostname`, `harden_cert`, `harden_key` … */
function ownFlags({ host }: Site): Partial<HardeningFlags> {
  const own = Object.entries(host.vars).flatMap(([key, value]) => {
    const [, name] = /^harden_(\w+)$/.exec(key) ?? [];
    return name === undefined
      ? []
      : [[name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()), value] as const];
  });
  return Object.fromEntries(own);
}

/** The machine without asking again what was read just now. */
function alreadyRead({ machine, config }: Site): Site['machine'] {
  return {
    ...machine,
    readConfig: (options) => (options ? machine.readConfig(options) : Promise.resolve(config)),
  };
}
