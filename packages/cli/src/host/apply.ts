import type { CheckResult, HostApply, HostRollbackOptions } from '@postern/controller';
import type { Plan } from '@postern/plan';
import type { ApplyFlags } from '../apply-to-target.ts';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { paint, printJson, type Io } from '../io.ts';
import type { ReadTarget, Target } from '../target.ts';

/** Asks, applies a plan to a host under the watchdog, and says what came of it. */
export async function applyToHost(
  io: Io,
  target: Target,
  basedOn: ReadTarget['folder'],
  plan: Plan,
  flags: ApplyFlags,
): Promise<ExitCode> {
  const confirmWithin =
    flags.confirmWithin === undefined ? undefined : await milliseconds(flags.confirmWithin);
  const { isEmpty } = await import('@postern/plan');
  const host = await target.host();
  if (!isEmpty(plan)) await askBeforeChange(io, flags, `Change ${host.name} this way?`);
  const result = await showSteps(io, flags, (steps) =>
    host.apply(plan, {
      basedOn,
      signal: io.signal,
      ...(confirmWithin !== undefined && { confirmWithin, confirm: 'by-hand' as const }),
      ...steps,
    }),
  );
  if (flags.json) {
    const { before: _, after: __, ...rest } = result;
    printJson(io, { target: target.name, ...rest });
  } else printResult(io, target.name, result, flags.confirmWithin);
  return result.status === 'unchanged' || result.status === 'applied' ? exitCode.clean : exitCode.findings;
}

/**
 * Asks before a host is changed; `--yes` answers for scripts.
 *
 * @throws CommandError when the answer is no, or nobody is there to give one
 */
export async function askBeforeChange(
  io: Io,
  flags: { readonly yes?: boolean },
  question: string,
): Promise<void> {
  if (flags.yes) return;
  if (!io.confirm)
    throw new CommandError(
      'usage',
      'nobody is there to ask; say --yes to change the host. Nothing was changed',
    );
  if (!(await io.confirm(`\n${question}`))) throw new CommandError('unknown', 'nothing was changed');
}

/** Does the work under a line that says on a terminal what goes on, and that is gone when it ends in any way. */
export async function showSteps<T>(
  io: Io,
  flags: { readonly json?: boolean },
  work: (steps: Pick<HostRollbackOptions, 'onStep'>) => Promise<T>,
): Promise<T> {
  if (!io.terminal || flags.json) return work({});
  try {
    return await work({ onStep: (step) => io.err(`\r\u001B[K${paint(io, 'dim', `… ${step}`)}`) });
  } finally {
    io.err('\r\u001B[K');
  }
}

/** What came of a change, with every check. */
export function printResult(
  io: Io,
  name: string,
  { status, id, checks, log }: Pick<HostApply, 'status' | 'id' | 'checks' | 'log'>,
  within?: string,
): void {
  if (status === 'unchanged') return io.out('Everything is so already; nothing was changed.\n');
  io.out('\n');
  for (const check of checks) io.out(`  ${paintStatus(io, check)}  ${check.id}: ${check.message}\n`);
  for (const line of log) io.out(`  ${paint(io, 'red', line)}\n`);
  if (status === 'rolled-back') io.out(`${paint(io, 'red', 'Rolled back')}: the host is as it was (${id})\n`);
  else if (status === 'pending')
    io.out(
      `${paint(io, 'yellow', 'Waits to be confirmed')}: postern confirm ${name}\nWithout that the host undoes it after ${within}.\n`,
    );
  else io.out(`${paint(io, 'green', 'Applied and confirmed')} (${id})\nUndo: postern rollback ${name}\n`);
}

function paintStatus(io: Io, { status }: CheckResult): string {
  const colors = { passed: 'green', failed: 'red', unproven: 'yellow' } as const;
  return paint(io, colors[status], status.padEnd(8));
}

async function milliseconds(text: string): Promise<number> {
  const { parseDuration } = await import('@postern/config');
  const seconds = parseDuration(text, 's') ?? Number.NaN;
  if (Number.isFinite(seconds) && seconds >= 5 && seconds <= 86_400) return seconds * 1000;
  throw new CommandError(
    'usage',
    `--confirm-within ${text}: write a time from 5s to 1d, for example 120s or 5m`,
  );
}
