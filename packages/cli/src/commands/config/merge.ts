import { basename, dirname, resolve } from 'node:path';
import type { Merge } from '@postern/config';
import { CommandError, exitCode, type ExitCode } from '../../exit.ts';
import { printJson, type Io } from '../../io.ts';
import { readTree } from '../../config-files.ts';
import { describeDifference } from '../../print/config.ts';
import { subcommand, type AddSubcommand } from './subcommand.ts';

interface Flags {
  readonly json?: boolean;
  readonly write?: boolean;
}

export const addMerge: AddSubcommand = (config, { io, action }) => {
  subcommand(
    config,
    'merge <base> <ours> <theirs>',
    'bring the changes from base to theirs into ours, and print it',
    'merge main.cf.old main.cf main.cf.new',
  )
    .option('--write', 'write the result into <ours>, when there is no conflict')
    .action(
      action((base: string, ours: string, theirs: string, flags: Flags) =>
        mergeFiles(io, [base, ours, theirs], flags),
      ),
    );
};

async function mergeFiles(io: Io, paths: readonly [string, string, string], flags: Flags): Promise<ExitCode> {
  const { merge, printMain, printMaster } = await import('@postern/config');
  const [base, ours, theirs] = [
    await readTree(io, paths[0]),
    await readTree(io, paths[1]),
    await readTree(io, paths[2]),
  ];
  if (base.main && ours.main && theirs.main && !ours.master) {
    const { tree, ...rest } = merge(base.main, ours.main, theirs.main);
    return finishMerge(io, paths[1], printMain(tree), rest, flags);
  }
  if (base.master && ours.master && theirs.master && !ours.main) {
    const { tree, ...rest } = merge(base.master, ours.master, theirs.master);
    return finishMerge(io, paths[1], printMaster(tree), rest, flags);
  }
  throw new CommandError('usage', 'give three files of one kind: three main.cf, or three master.cf');
}

async function finishMerge(
  io: Io,
  ours: string,
  text: string,
  { taken, conflicts }: Pick<Merge<unknown>, 'taken' | 'conflicts'>,
  flags: Flags,
): Promise<ExitCode> {
  const { encodeText } = await import('@postern/config');
  for (const conflict of flags.json ? [] : conflicts) {
    io.err(
      `conflict: ours   ${describeDifference(io, conflict.ours)}\n          theirs ${describeDifference(io, conflict.theirs)}\n`,
    );
  }
  if (flags.write && conflicts.length === 0) {
    const { applyToFolder } = await import('@postern/controller/folder');
    const path = resolve(io.cwd, ours);
    await applyToFolder(dirname(path), { [basename(path)]: text }, { signal: io.signal });
  }
  if (flags.json) printJson(io, { text, taken, conflicts });
  else if (!flags.write) io.out(encodeText(text));
  return conflicts.length === 0 ? exitCode.clean : exitCode.findings;
}
