import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FleetHost, FleetWorker, HostOutlook, HostWork, Rollout, RolloutReport } from '@postern/fleet';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { askBeforeChange } from '../host/apply.ts';
import { printJson, type Io } from '../io.ts';
import { printOutlooks, printReport } from '../print/fleet.ts';
import {
  concurrencyOf,
  connectWith,
  journalOf,
  milliseconds,
  readHosts,
  strategyOf,
  type ApplyFlags,
  type InventoryFlags,
  type PlaceFlags,
} from './options.ts';
import { fleetPlanOf, labelOf, planMaker, type FleetPlan, type FleetPlanFlags } from './plan.ts';
import { Progress } from './progress.ts';

/** The name under which workers know the plans of the command line. */
const planName = 'postern';

export async function planFleet(
  io: Io,
  file: string,
  flags: InventoryFlags & FleetPlanFlags,
): Promise<ExitCode> {
  const wanted = await fleetPlanOf(io, flags);
  const { hosts, inventory } = await readHosts(io, file, flags);
  const { planHosts } = await import('@postern/fleet');
  const { redactPlan, renderDiff } = await import('@postern/plan');
  const make = planMaker(io);
  const outlooks: HostOutlook[] = [];
  const plans = planHosts({
    hosts,
    plan: (site) => make(site, wanted),
    concurrency: concurrencyOf(flags),
    connect: await connectWith(io, flags),
    signal: io.signal,
  });
  for await (const outlook of plans) {
    outlooks.push(outlook);
    if (io.terminal && !flags.json) io.err(`\r\u001B[K${outlooks.length} of ${hosts.length} hosts`);
  }
  if (io.terminal && !flags.json) io.err('\r\u001B[K');
  const order = new Map(hosts.map(({ name }, index) => [name, index]));
  outlooks.sort((a, b) => order.get(a.host)! - order.get(b.host)!);
  if (flags.json) {
    const shown = outlooks.map((outlook) =>
      outlook.status === 'planned'
        ? {
            host: outlook.host,
            status: outlook.status,
            plan: redactPlan(outlook.plan),
            diff: renderDiff(outlook.before, outlook.after, { plan: outlook.plan }),
          }
        : outlook,
    );
    printJson(io, { inventory: file, problems: inventory.problems, hosts: shown });
  } else await printOutlooks(io, outlooks);
  const isQuiet = outlooks.every(({ status }) => status === 'unchanged') && inventory.problems.length === 0;
  return isQuiet && outlooks.length === hosts.length ? exitCode.clean : exitCode.findings;
}

export async function applyFleet(io: Io, file: string, flags: ApplyFlags): Promise<ExitCode> {
  const wanted = await fleetPlanOf(io, flags);
  const strategy = await strategyOf(flags);
  const { hosts, inventory } = await readHosts(io, file, flags);
  const count = hosts.length === 1 ? '1 host' : `${hosts.length} hosts`;
  await askBeforeChange(io, flags, `Roll out ${labelOf(wanted)} to ${count}?`);
  const code = await runRollout(io, file, flags, hosts, wanted, { strategy, supersede: flags.anew ?? false });
  return code === exitCode.clean && inventory.problems.length > 0 ? exitCode.findings : code;
}

export async function resumeFleet(
  io: Io,
  file: string,
  flags: ApplyFlags & { readonly failedToo?: boolean },
): Promise<ExitCode> {
  const { hosts } = await readHosts(io, file, flags);
  const report = await readReport(io, file, flags);
  const wanted = report.note as FleetPlan | undefined;
  if (wanted === undefined)
    throw new CommandError(
      'unknown',
      `rollout ${report.id} was not begun by this command; resume it where it was`,
    );
  await askBeforeChange(
    io,
    flags,
    `Go on with rollout ${report.id} (${report.label}), ${report.counts.waiting} hosts to go?`,
  );
  return runRollout(io, file, flags, hosts, wanted, { resume: flags.failedToo ? 'failed-too' : true });
}

export async function showFleet(
  io: Io,
  file: string,
  flags: PlaceFlags & { readonly json?: boolean; readonly html?: string },
): Promise<ExitCode> {
  const report = await readReport(io, file, flags);
  await writeReport(io, flags.html, report);
  if (flags.json) printJson(io, report);
  else printReport(io, report);
  return codeOf(report);
}

export async function pauseFleet(
  io: Io,
  file: string,
  flags: PlaceFlags & { readonly json?: boolean },
): Promise<ExitCode> {
  const { pauseRollout } = await import('@postern/fleet');
  const report = await pauseRollout(placeOf(io, file, flags), { signal: io.signal });
  if (flags.json) printJson(io, report);
  else {
    printReport(io, report);
    if (report.phase === 'paused') io.out(`Go on: postern fleet resume ${file}\n`);
  }
  return report.phase === 'paused' ? exitCode.clean : codeOf(report);
}

export async function workForFleet(
  io: Io,
  flags: ApplyFlags & { readonly redis: string },
): Promise<ExitCode> {
  await using _worker = await startWorker(io, flags);
  io.err('postern: waiting for work; Ctrl-C ends it when the hosts under way have ended\n');
  if (!io.signal.aborted) {
    await new Promise<void>((done) => io.signal.addEventListener('abort', () => done(), { once: true }));
  }
  return exitCode.clean;
}

async function runRollout(
  io: Io,
  file: string,
  flags: ApplyFlags,
  hosts: readonly FleetHost[],
  wanted: FleetPlan,
  how: {
    readonly strategy?: Awaited<ReturnType<typeof strategyOf>>;
    readonly supersede?: boolean;
    readonly resume?: boolean | 'failed-too';
  },
): Promise<ExitCode> {
  const fleet = await import('@postern/fleet');
  const common = { hosts, label: labelOf(wanted), note: wanted, signal: io.signal, ...how };
  await using _worker =
    flags.redis !== undefined && flags.work !== false
      ? await startWorker(io, { ...flags, redis: flags.redis })
      : undefined;
  const make = planMaker(io);
  const run =
    flags.redis === undefined
      ? fleet.rollout({
          ...common,
          plan: (site) => make(site, wanted),
          runner: fleet.inProcess({
            journal: journalOf(io, file, flags),
            concurrency: concurrencyOf(flags),
            ...(await hostWork(io, flags)),
          }),
        })
      : fleet.rollout({
          ...common,
          plan: { name: planName, input: wanted },
          runner: fleet.onBullmq({ url: flags.redis }),
        });
  const report = await follow(io, run, flags);
  await writeReport(io, flags.html, report);
  if (!flags.json) printReport(io, report);
  const isOpen = report.phase === 'paused' || report.phase === 'stopped';
  if (isOpen && !flags.json) io.out(`Go on: postern fleet resume ${file}\n`);
  return codeOf(report);
}

/** Shows what happens: a line of JSON each, or a display on a terminal. */
async function follow(io: Io, run: Rollout, { json }: { readonly json?: boolean }): Promise<RolloutReport> {
  const progress = io.terminal && !json ? new Progress(io, () => run.report()) : undefined;
  for await (const event of run) {
    if (json && event.type !== 'step') io.out(`${JSON.stringify(event)}\n`);
    progress?.show(event);
  }
  progress?.clear();
  return run.report();
}

async function startWorker(io: Io, flags: ApplyFlags & { readonly redis: string }): Promise<FleetWorker> {
  const { startFleetWorker } = await import('@postern/fleet');
  return startFleetWorker({
    url: flags.redis,
    concurrency: concurrencyOf(flags),
    plans: { [planName]: planMaker(io) },
    ...(await hostWork(io, flags)),
  });
}

async function hostWork(io: Io, flags: ApplyFlags): Promise<HostWork> {
  const { confirmWithin } = flags;
  return {
    connect: await connectWith(io, flags),
    ...(confirmWithin !== undefined && {
      apply: { confirmWithin: await milliseconds('--confirm-within', confirmWithin) },
    }),
  };
}

async function readReport(io: Io, file: string, flags: PlaceFlags): Promise<RolloutReport> {
  const { readRollout } = await import('@postern/fleet');
  const place = placeOf(io, file, flags);
  const report = await readRollout(place);
  if (report) return report;
  const where = typeof place === 'string' ? place : 'Redis';
  throw new CommandError('unknown', `${file}: no rollout was begun (nothing in ${where})`);
}

function placeOf(io: Io, file: string, flags: PlaceFlags): string | { readonly url: string } {
  return flags.redis === undefined ? journalOf(io, file, flags) : { url: flags.redis };
}

async function writeReport(io: Io, file: string | undefined, report: RolloutReport): Promise<void> {
  if (file === undefined) return;
  const { reportHtml } = await import('@postern/fleet');
  await writeFile(resolve(io.cwd, file), reportHtml(report)).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError('usage', `--html ${file}: cannot be written: ${reason}`, { cause });
  });
}

function codeOf({ phase, failures }: RolloutReport): ExitCode {
  return phase === 'finished' && failures === 0 ? exitCode.clean : exitCode.findings;
}
