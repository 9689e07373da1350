import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openConfiguration } from '../../config-files.ts';
import { splitOverrideName } from './override-name.ts';
import { addTargetOptions, hostnameOf, openTarget, type TargetFlags } from '../../target.ts';
import { subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags extends TargetFlags {
  readonly json?: boolean;
  readonly expand?: boolean;
  readonly hostname?: string;
}

export const addGet: AddSubcommand = (config, { io, action }) => {
  addTargetOptions(
    subcommand(
      config,
      'get <target> <names...>',
      'print parameters, or overrides such as smtp/inet/smtpd_banner',
      'get /etc/postfix mynetworks',
    ),
  )
    .option('-x, --expand', 'expand $name')
    .option(
      '--hostname <name>',
      "the host's name, from which myhostname follows (default: the target's, for a folder this host's)",
    )
    .action(
      action((folder: string, names: string[], flags: Flags) => printParameters(io, folder, names, flags)),
    );
};

async function printParameters(
  io: Io,
  folder: string,
  names: readonly string[],
  flags: Flags,
): Promise<ExitCode> {
  const { didYouMean, effective, parameterNames, printOrigin } = await import('@postern/config');
  await using target = openTarget(io, folder, flags);
  const files = await openConfiguration(target);
  const version = await target.version();
  const hostname = flags.hostname ?? (await hostnameOf(target));
  const found = names.map((name) => {
    const override = splitOverrideName(name);
    const values = effective({
      ...files,
      version,
      hostname,
      ...(override && { service: `${override.service}/${override.type}` }),
    });
    const value = values.get(override?.option ?? name);
    if (!value || (override && value.origin.type !== 'service')) {
      const near = override ? '' : didYouMean(name, [...parameterNames(version), ...values.names]);
      throw new CommandError(
        'unknown',
        `${name} is neither set in ${folder} nor known to Postfix ${version}${near || ': mind the spelling'}`,
      );
    }
    return [name, { value: value.value, raw: value.raw, origin: printOrigin(value.origin) }] as const;
  });
  if (flags.json) printJson(io, { parameters: Object.fromEntries(found) });
  else
    for (const [name, { value, raw }] of found) io.out(`${name} = ${flags.expand ? (value ?? raw) : raw}\n`);
  return exitCode.clean;
}
