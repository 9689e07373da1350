import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { readConfigFile } from '../../config-files.ts';
import { subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags {
  readonly to: string;
}

export const addConvert: AddSubcommand = (config, { io, action }) => {
  subcommand(
    config,
    'convert <file>',
    'turn a file into a tree in JSON, or such a tree into the file ("-": standard input)',
    'convert main.cf --to json',
  )
    .requiredOption('--to <format>', 'json or text')
    .action(action((file: string, flags: Flags) => convert(io, file, flags)));
};

async function convert(io: Io, file: string, flags: Flags): Promise<ExitCode> {
  const { encodeText, parseMain, parseMaster, printMain, printMaster, treeFromJson } =
    await import('@postern/config');
  if (flags.to !== 'json' && flags.to !== 'text') throw new CommandError('usage', '--to takes json or text');
  const { text, kind } = await readConfigFile(io, file);
  if (flags.to === 'json') {
    printJson(io, kind === 'master' ? parseMaster(text) : parseMain(text));
    return exitCode.clean;
  }
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new CommandError(
      'unknown',
      `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  const read = treeFromJson(data);
  if ('problem' in read)
    throw new CommandError('unknown', `${file} is no tree of a configuration: ${read.problem}`);
  io.out(encodeText(read.tree.type === 'main-cf' ? printMain(read.tree) : printMaster(read.tree)));
  return exitCode.clean;
}
