import { hostname as ownHostname } from 'node:os';
import { exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { openFolder } from '../../config-files.ts';
import { findPostfixVersion } from '../../postfix-version.ts';
import { printProblems } from '../../print/config.ts';
import { forVersion, subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags {
  readonly json?: boolean;
  readonly postfix?: string;
  readonly all?: boolean;
  readonly service?: string;
  readonly hostname?: string;
}

export const addEffective: AddSubcommand = (config, { io, action }) => {
  forVersion(
    subcommand(
      config,
      'effective <folder>',
      'print what the files amount to: value, text as written, origin',
      'effective /etc/postfix --service submission/inet',
    ),
  )
    .option('--all', 'also what no file sets')
    .option('--service <name/type>', 'with the overrides of a service')
    .option('--hostname <name>', "the host's name, from which myhostname follows (default: this host's)")
    .action(action((folder: string, flags: Flags) => printEffective(io, folder, flags)));
};

async function printEffective(io: Io, folder: string, flags: Flags): Promise<ExitCode> {
  const { effective, printOrigin, syntaxProblems } = await import('@postern/config');
  const files = await openFolder(io, folder);
  const version = await findPostfixVersion(flags.postfix);
  const hostname = flags.hostname ?? ownHostname();
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
