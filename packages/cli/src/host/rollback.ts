import { exitCode, type ExitCode } from '../exit.ts';
import { openHost, type LoginFlags } from '../host-target.ts';
import { printJson, type Io } from '../io.ts';
import { askBeforeChange, printResult, showSteps } from './apply.ts';

/** Undoes the change that waits on a host, or goes back to before an earlier one. */
export async function rollBackHost(
  io: Io,
  name: string,
  id: string | undefined,
  flags: LoginFlags & { readonly force?: boolean; readonly json?: boolean; readonly yes?: boolean },
): Promise<ExitCode> {
  await using host = await openHost(io, name, flags);
  await askBeforeChange(io, flags, `Put ${host.name} back to before ${id ?? 'its latest change'}?`);
  const result = await showSteps(io, flags, (steps) =>
    host.rollback(id, { force: flags.force ?? false, signal: io.signal, ...steps }),
  );
  if (flags.json) printJson(io, { target: name, ...result });
  else if (result.status === 'rolled-back' && result.id === result.to)
    io.out(`${host.name} is as it was before ${result.to}\n`);
  else printResult(io, name, result);
  const isBack = result.status !== 'rolled-back' || result.id === result.to;
  return isBack ? exitCode.clean : exitCode.findings;
}
