import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openConfiguration } from '../../config-files.ts';
import { explainParameter } from '../../print/config.ts';
import { addTargetOptions, openTarget, type TargetFlags } from '../../target.ts';
import { subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags extends TargetFlags {
  readonly json?: boolean;
}

export const addExplain: AddSubcommand = (config, { io, action }) => {
  addTargetOptions(
    subcommand(
      config,
      'explain <name> [target]',
      'say what a parameter is, does and defaults to, and where it is set',
      'explain smtpd_relay_restrictions /etc/postfix',
    ),
  ).action(
    action((name: string, folder: string | undefined, flags: Flags) => explain(io, name, folder, flags)),
  );
};

async function explain(io: Io, name: string, folder: string | undefined, flags: Flags): Promise<ExitCode> {
  // Without a target it is for the Postfix of this machine.
  await using target = openTarget(io, folder ?? 'local', flags);
  const version = await target.version();
  const files = folder === undefined ? undefined : await openConfiguration(target);
  const explanation = await explainParameter(name, version, files);
  if (!explanation) {
    const { didYouMean, parameterNames } = await import('@postern/config');
    throw new CommandError(
      'unknown',
      `no Postfix from 2.0 to 3.12 has a parameter ${name}${didYouMean(name, parameterNames(version)) || ': mind the spelling'}`,
    );
  }
  if (flags.json) printJson(io, explanation.data);
  else io.out(explanation.text);
  return exitCode.clean;
}
