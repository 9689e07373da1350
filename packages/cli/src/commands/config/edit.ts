import type { ServiceType } from '@postern/config';
import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openFolder, writeFolder } from '../../config-files.ts';
import { findPostfixVersion } from '../../postfix-version.ts';
import { splitOverrideName } from './override-name.ts';
import { forVersion, subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags {
  readonly json?: boolean;
  readonly postfix?: string;
}

export const addSet: AddSubcommand = (config, { io, action }) => {
  forVersion(
    subcommand(
      config,
      'set <folder> <name> <value>',
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
  forVersion(
    subcommand(
      config,
      'unset <folder> <names...>',
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
  folder: string,
  changes: readonly (readonly [name: string, value: string | null])[],
  flags: Flags,
): Promise<ExitCode> {
  const { printMain, printMaster, removeParameter, setParameter, setServiceOption } =
    await import('@postern/config');
  const files = await openFolder(io, folder);
  let { main } = files;
  let { master } = files;
  for (const [name, value] of changes) {
    const override = splitOverrideName(name);
    if (!override) {
      main = value === null ? removeParameter(main, name) : setParameter(main, name, value);
      continue;
    }
    if (!master) throw new CommandError('unknown', `${folder} has no master.cf to set ${name} in`);
    const service = { name: override.service, type: override.type as ServiceType };
    const version = await findPostfixVersion(flags.postfix);
    master = setServiceOption(master, service, override.option, value, { version });
  }
  const texts = { 'main.cf': printMain(main), ...(master && { 'master.cf': printMaster(master) }) };
  const result = await writeFolder(io, files, texts);
  if (flags.json) printJson(io, result);
  else
    io.out(result.changed.length === 0 ? 'Nothing to change\n' : `Written: ${result.changed.join(', ')}\n`);
  return exitCode.clean;
}
