import { hostname as ownHostname } from 'node:os';
import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openFolder } from '../../config-files.ts';
import { findPostfixVersion } from '../../postfix-version.ts';
import { splitOverrideName } from './override-name.ts';
import { forVersion, subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags {
  readonly json?: boolean;
  readonly postfix?: string;
  readonly expand?: boolean;
  readonly hostname?: string;
}

export const addGet: AddSubcommand = (config, { io, action }) => {
  forVersion(
    subcommand(
      config,
      'get <folder> <names...>',
      'print parameters, or overrides such as smtp/inet/smtpd_banner',
      'get /etc/postfix mynetworks',
    ),
  )
    .option('-x, --expand', 'expand $name')
    .option('--hostname <name>', "the host's name, from which myhostname follows (default: this host's)")
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
  const files = await openFolder(io, folder);
  const version = await findPostfixVersion(flags.postfix);
  const hostname = flags.hostname ?? ownHostname();
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
