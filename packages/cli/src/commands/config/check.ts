import { exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openConfiguration } from '../../config-files.ts';
import { printProblems } from '../../print/config.ts';
import { addTargetOptions, openTarget, type TargetFlags } from '../../target.ts';
import { subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags extends TargetFlags {
  readonly json?: boolean;
}

export const addCheck: AddSubcommand = (config, { io, action }) => {
  addTargetOptions(
    subcommand(
      config,
      'check <target>',
      'say everything that is wrong or doubtful, with the line',
      'check /etc/postfix',
    ),
  ).action(action((name: string, flags: Flags) => check(io, name, flags)));
};

async function check(io: Io, name: string, flags: Flags): Promise<ExitCode> {
  const { validate } = await import('@postern/config');
  await using target = openTarget(io, name, flags);
  const files = await openConfiguration(target);
  const version = await target.version();
  const problems = validate({ main: files.main, ...(files.master && { master: files.master }), version });
  if (flags.json) printJson(io, { target: files.directory, postfix: version, problems });
  else await printProblems(io, problems, files, version);
  return problems.some(({ level }) => level !== 'note') ? exitCode.findings : exitCode.clean;
}
