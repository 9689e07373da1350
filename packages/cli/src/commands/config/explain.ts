import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openFolder } from '../../config-files.ts';
import { findPostfixVersion } from '../../postfix-version.ts';
import { explainParameter } from '../../print/config.ts';
import { forVersion, subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags {
  readonly json?: boolean;
  readonly postfix?: string;
}

export const addExplain: AddSubcommand = (config, { io, action }) => {
  forVersion(
    subcommand(
      config,
      'explain <name> [folder]',
      'say what a parameter is, does and defaults to, and where it is set',
      'explain smtpd_relay_restrictions /etc/postfix',
    ),
  ).action(
    action((name: string, folder: string | undefined, flags: Flags) => explain(io, name, folder, flags)),
  );
};

async function explain(io: Io, name: string, folder: string | undefined, flags: Flags): Promise<ExitCode> {
  const version = await findPostfixVersion(flags.postfix);
  const files = folder === undefined ? undefined : await openFolder(io, folder);
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
