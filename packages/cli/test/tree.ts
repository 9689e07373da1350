import type { Command } from 'commander';
import { makeProgram } from '../src/program.ts';

/** The tree of commands, with actions that only say that they were reached. */
export function treeOf(reached: (words: readonly unknown[]) => void = () => {}): Command {
  return makeProgram({
    io: {
      out: () => {},
      err: () => {},
      readInput: () => Promise.resolve(''),
      terminal: false,
      color: false,
      cwd: process.cwd(),
      signal: new AbortController().signal,
    },
    action:
      () =>
      (...args) => {
        reached(args);
        return Promise.resolve();
      },
    configured: () => ({ suppressions: [] }),
  })
    .exitOverride()
    .configureOutput({ writeErr: () => {}, writeOut: () => {} });
}

/** Every command that does something, by its words. */
export function leaves(
  command: Command,
  path: readonly string[] = [],
): { path: string; command: Command; help: string }[] {
  const visible = command.createHelp().visibleCommands(command);
  const subcommands = visible.filter((each) => each.name() !== 'help');
  if (subcommands.length > 0) return subcommands.flatMap((each) => leaves(each, [...path, each.name()]));
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  command.configureOutput({ writeOut: () => {} });
  return [{ path: path.join(' '), command, help }];
}
