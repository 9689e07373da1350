import type { Command } from 'commander';
import type { ServiceType } from '@postern/config';
import type { Change, Plan } from '@postern/plan';
import { applyToTarget, readToChange, type ApplyFlags } from '../../apply-to-target.ts';
import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openConfiguration } from '../../config-files.ts';
import { splitOverrideName } from './override-name.ts';
import { addTargetOptions, openTarget, type Target } from '../../target.ts';
import { subcommand, type AddSubcommand } from './subcommand.ts';

type Flags = ApplyFlags;

function changing(command: Command): Command {
  return addTargetOptions(command)
    .option('--confirm-within <time>', 'on a host: undo it after this time unless confirmed')
    .option('-y, --yes', 'do not ask before a host is changed');
}

export const addSet: AddSubcommand = (config, { io, action }) => {
  changing(
    subcommand(
      config,
      'set <target> <name> <value>',
      'set a parameter, or an override such as smtp/inet/smtpd_banner',
      'set /etc/postfix smtpd_helo_required yes',
    ),
  ).action(
    action((folder: string, name: string, value: string, flags: Flags) =>
      edit(io, folder, [[name, value]], flags),
    ),
  );
};

export const addUnset: AddSubcommand = (config, { io, action }) => {
  changing(
    subcommand(
      config,
      'unset <target> <names...>',
      'take out parameters or overrides, so that the default holds',
      'unset /etc/postfix relayhost',
    ),
  ).action(
    action((folder: string, names: string[], flags: Flags) =>
      edit(
        io,
        folder,
        names.map((name) => [name, null]),
        flags,
      ),
    ),
  );
};

/** Sets each name to its value, or takes it out where the value is null; writes all of it or nothing. */
async function edit(
  io: Io,
  name: string,
  changes: readonly (readonly [name: string, value: string | null])[],
  flags: Flags,
): Promise<ExitCode> {
  await using target = openTarget(io, name, flags);
  if (target.kind === 'ssh') return await editHost(io, target, changes, flags);
  const { printMain, printMaster, removeParameter, setParameter, setServiceOption } =
    await import('@postern/config');
  const files = await openConfiguration(target);
  let { main } = files;
  let { master } = files;
  for (const [parameter, value] of changes) {
    const override = splitOverrideName(parameter);
    if (!override) {
      main = value === null ? removeParameter(main, parameter) : setParameter(main, parameter, value);
      continue;
    }
    if (!master) throw new CommandError('unknown', `${name} has no master.cf to set ${parameter} in`);
    const service = { name: override.service, type: override.type as ServiceType };
    master = setServiceOption(master, service, override.option, value, { version: await target.version() });
  }
  const texts = { 'main.cf': printMain(main), ...(master && { 'master.cf': printMaster(master) }) };
  const { applyToFolder } = await import('@postern/controller/folder');
  const { changed, id } = await applyToFolder(files.directory, texts, { signal: io.signal });
  if (flags.json) printJson(io, { target: files.directory, changed, ...(id !== undefined && { id }) });
  else io.out(changed.length === 0 ? 'Nothing to change\n' : `Written: ${changed.join(', ')}\n`);
  return exitCode.clean;
}

/** The same on a host: as a plan, under the watchdog, after a question. */
async function editHost(
  io: Io,
  target: Target,
  changes: readonly (readonly [name: string, value: string | null])[],
  flags: Flags,
): Promise<ExitCode> {
  const read = await readToChange(io, target, flags);
  const because = { why: 'Asked for by hand.', source: 'postern config', versions: 'all' };
  const plan: Plan = {
    target: { name: target.name, postfix: read.configuration.version },
    changes: changes.map(([parameter, value]): Change => {
      const override = splitOverrideName(parameter);
      if (override) {
        const { service, type, option } = override;
        const serviceType = type as ServiceType;
        return { type: 'set-service-option', name: service, serviceType, option, value, because };
      }
      return value === null
        ? { type: 'remove-parameter', name: parameter, because }
        : { type: 'set-parameter', name: parameter, value, because };
    }),
    checks: [],
  };
  return applyToTarget(io, target, read, plan, flags);
}
