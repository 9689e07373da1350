import type { HostConfig } from '@postern/controller';
import type { Plan } from '@postern/plan';
import { CommandError, exitCode, type ExitCode } from './exit.ts';
import { applyToHost } from './host/apply.ts';
import { paint, printJson, type Io } from './io.ts';
import { describeChange, printPlan, type NotedPlan } from './print/plan.ts';
import { readHost, targetFolder, type ReadTarget, type Target, type TargetFlags } from './target.ts';

/** What a command that changes a TARGET takes. */
export interface ApplyFlags extends TargetFlags {
  readonly confirmWithin?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/**
 * Reads a TARGET to change it: what was cut short in a folder is settled first, so that no plan is made from a
 * mixture, and `local` is read as root, as it is changed.
 */
export async function readToChange(io: Io, target: Target, flags: TargetFlags): Promise<ReadTarget> {
  if (target.kind !== 'folder') return readHost(await target.host(), flags);
  const { recoverFolder } = await import('@postern/controller/folder');
  const recovered = await recoverFolder(targetFolder(io, target.name));
  if (recovered) io.err(`postern: ${recovered.message}\n`);
  return target.read();
}

/**
 * Shows what a plan does to a TARGET, asks, and does it: to a folder with a backup, to a host under the watchdog.
 *
 * @param read  what the plan was made from; when that has changed by now, nothing is done
 */
export async function applyToTarget(
  io: Io,
  target: Target,
  read: Pick<ReadTarget, 'folder'>,
  plan: NotedPlan,
  flags: ApplyFlags,
): Promise<ExitCode> {
  const { applyPlan } = await import('@postern/plan');
  const { files } = read.folder;
  if (!flags.json) await printPlan(io, plan, files, applyPlan(files, plan));
  return target.kind === 'folder'
    ? applyToFolder(io, target, read.folder, plan, flags)
    : applyToHost(io, target, read.folder, plan, flags);
}

async function applyToFolder(
  io: Io,
  target: Target,
  folder: Pick<HostConfig, 'directory' | 'fingerprints'>,
  plan: Plan,
  flags: ApplyFlags,
): Promise<ExitCode> {
  const controller = await import('@postern/controller/folder');
  const { isEmpty } = await import('@postern/plan');
  const { directory } = folder;
  if (!isEmpty(plan) && !flags.yes && !flags.json && io.terminal) {
    if (!(await io.confirm?.(`\nWrite this to ${directory}?`)))
      throw new CommandError('unknown', 'nothing was written');
  }
  const result = await controller.applyToFolder(directory, plan, { basedOn: folder, signal: io.signal });
  if (flags.json) {
    const { before: _, after: __, ...rest } = result;
    printJson(io, { target: directory, ...rest });
    return exitCode.clean;
  }
  if (result.status === 'unchanged') return exitCode.clean;
  io.out(`\n${paint(io, 'green', 'Written')}: ${result.changed.join(', ')} in ${directory} (${result.id})\n`);
  for (const change of result.remaining) io.out(`Still to do: ${describeChange(change)}\n`);
  io.out(`Undo: postern rollback ${target.name}\n`);
  return exitCode.clean;
}
