import type { MainCf, MasterCf } from '@postern/config';
import { exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { readTree } from '../../config-files.ts';
import { describeDifference } from '../../print/config.ts';
import { addTargetOptions, type TargetFlags } from '../../target.ts';
import { subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags extends TargetFlags {
  readonly json?: boolean;
}

export const addDiff: AddSubcommand = (config, { io, action }) => {
  addTargetOptions(
    subcommand(
      config,
      'diff <a> <b>',
      'say what differs in meaning between two files or targets',
      'diff main.cf.dpkg-dist main.cf',
    ),
  ).action(action((a: string, b: string, flags: Flags) => compare(io, a, b, flags)));
};

async function compare(io: Io, a: string, b: string, flags: Flags): Promise<ExitCode> {
  const { diff } = await import('@postern/config');
  const [before, after] = [await readTree(io, a, flags), await readTree(io, b, flags)];
  const differences = [
    ...diff(before.main ?? (await empty()).main, after.main ?? (await empty()).main),
    ...diff(before.master ?? (await empty()).master, after.master ?? (await empty()).master),
  ];
  if (flags.json) printJson(io, { differences });
  else if (differences.length === 0) io.out('No difference in meaning\n');
  else for (const difference of differences) io.out(`${describeDifference(io, difference)}\n`);
  return differences.length === 0 ? exitCode.clean : exitCode.findings;
}

async function empty(): Promise<{ main: MainCf; master: MasterCf }> {
  const { parseMain, parseMaster } = await import('@postern/config');
  return { main: parseMain(''), master: parseMaster('') };
}
