import { exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openConfiguration } from '../../config-files.ts';
import { printProblems } from '../../print/config.ts';
import { addTargetOptions, hostnameOf, openTarget, type TargetFlags } from '../../target.ts';
import { subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags extends TargetFlags {
  readonly json?: boolean;
  readonly all?: boolean;
  readonly service?: string;
  readonly hostname?: string;
}

export const addEffective: AddSubcommand = (config, { io, action }) => {
  addTargetOptions(
    subcommand(
      config,
      'effective <target>',
      'print what the files amount to: value, text as written, origin',
      'effective /etc/postfix --service submission/inet',
    ),
  )
    .option('--all', 'also what no file sets')
    .option('--service <name/type>', 'with the overrides of a service')
    .option(
      '--hostname <name>',
      "the host's name, from which myhostname follows (default: the target's, for a folder this host's)",
    )
    .action(action((name: string, flags: Flags) => printEffective(io, name, flags)));
};

async function printEffective(io: Io, folder: string, flags: Flags): Promise<ExitCode> {
  const { effective, printOrigin, syntaxProblems } = await import('@postern/config');
  await using target = openTarget(io, folder, flags);
  const files = await openConfiguration(target);
  const version = await target.version();
  const hostname = flags.hostname ?? (await hostnameOf(target));
  const values = effective({
    ...files,
    version,
    hostname,
    ...(flags.service !== undefined && { service: flags.service }),
  });
  const shown = flags.all ? values.all() : values.names.toSorted().flatMap((name) => values.get(name) ?? []);
  const problems = [
    ...syntaxProblems(files.main),
    ...(files.master ? syntaxProblems(files.master) : []),
    ...values.problems,
  ];
  if (flags.json) {
    const parameters = shown.map(({ name, value, raw, origin }) => [
      name,
      { value, raw, origin: printOrigin(origin) },
    ]);
    printJson(io, { parameters: Object.fromEntries(parameters), problems });
  } else {
    for (const { name, value, raw, origin } of shown)
      io.out(`${name} = ${value ?? raw}  # ${printOrigin(origin)}\n`);
    if (problems.length > 0) await printProblems(io, problems, files, version);
  }
  return problems.some(({ level }) => level === 'error') ? exitCode.findings : exitCode.clean;
}
