import type { EventEmitter } from 'node:events';
import type { makeProgram } from '../../packages/cli/src/program.ts';

type Command = ReturnType<typeof makeProgram>;

/** A command that does something, as its help tells. */
export interface CommandPage {
  /** `queue delete`. */
  readonly name: string;
  readonly description: string;
  /** `postern queue delete [options] <target>`. */
  readonly usage: string;
  readonly terms: readonly (readonly [term: string, description: string])[];
  /** Examples, and what else stands below the options. */
  readonly rest: string;
  /** All of it, as `--help` prints it. */
  readonly help: string;
}

/** Every command that does something, in the order of the help. */
export function commandsOf(command: Command, path: readonly string[] = []): CommandPage[] {
  const help = command.createHelp();
  help.helpWidth = 100;
  const subcommands = help.visibleCommands(command).filter((each) => each.name() !== 'help');
  if (subcommands.length > 0) return subcommands.flatMap((each) => commandsOf(each, [...path, each.name()]));
  let rest = '';
  // What stands below the options is told to whoever listens to this event.
  (command as unknown as EventEmitter).emit('afterHelp', {
    error: false,
    command,
    write: (text: string) => (rest += text),
  });
  return [
    {
      name: path.join(' '),
      description: help.commandDescription(command),
      usage: help.commandUsage(command),
      terms: [
        ...help
          .visibleArguments(command)
          .map((each) => [`<${help.argumentTerm(each)}>`, help.argumentDescription(each)] as const),
        ...help
          .visibleOptions(command)
          .map((each) => [help.optionTerm(each), help.optionDescription(each)] as const),
      ],
      rest: rest.trim(),
      help: `${help.formatHelp(command, help).trim()}\n\n${rest.trim()}`,
    },
  ];
}
