import { exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openFolder } from '../../config-files.ts';
import { findPostfixVersion } from '../../postfix-version.ts';
import { printProblems } from '../../print/config.ts';
import { forVersion, subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags {
  readonly json?: boolean;
  readonly postfix?: string;
}

export const addCheck: AddSubcommand = (config, { io, action }) => {
  forVersion(
    subcommand(
      config,
      'check <folder>',
      'say everything that is wrong or doubtful, with the line',
      'check /etc/postfix',
    ),
  ).action(action((folder: string, flags: Flags) => check(io, folder, flags)));
};

async function check(io: Io, folder: string, flags: Flags): Promise<ExitCode> {
  const { validate } = await import('@postern/config');
  const files = await openFolder(io, folder);
  const version = await findPostfixVersion(flags.postfix);
  const problems = validate({ main: files.main, ...(files.master && { master: files.master }), version });
  if (flags.json) printJson(io, { target: files.directory, postfix: version, problems });
  else await printProblems(io, problems, files, version);
  return problems.some(({ level }) => level !== 'note') ? exitCode.findings : exitCode.clean;
}
