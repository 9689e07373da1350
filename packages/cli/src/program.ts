import { Command, CommanderError } from 'commander';
import { CommandError, exitCode, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { commandGroups } from './commands/index.ts';
import { addConfigOption, useConfig, type Configured } from './settings/use.ts';
import manifest from '../package.json' with { type: 'json' };

/**
 * What a command group's file exports: adds its subcommands to the program. An action ends by returning
 * the exit code; rooms are imported inside actions, so that `postern --help` loads none of them.
 */
export type AddCommands = (program: Command, context: CommandContext) => void;

export interface CommandContext {
  readonly io: Io;
  /** Wraps an action: its result becomes the exit code of the run. */
  readonly action: <A extends unknown[]>(
    run: (...args: A) => Promise<ExitCode>,
  ) => (...args: A) => Promise<void>;
  /** What the configuration file says for the command that runs; inside actions alone. */
  readonly configured: () => Configured;
}

/**
 * Runs one command line.
 *
 * @param argv  the words after `postern`
 * @returns the exit code: 0 clean, 1 findings or pending changes, 2 usage, 3 cannot determine; never throws
 */
export async function runCommand(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = exitCode.clean;
  let configured: Configured = { suppressions: [] };
  const context: CommandContext = {
    io,
    configured: () => configured,
    action:
      (run) =>
      async (...args) => {
        code = await run(...args);
      },
  };
  const program = makeProgram(context);
  program.hook('preAction', async (_, command) => {
    configured = await useConfig(io, command);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return report(error, io);
  }
}

/** The whole tree of commands. Actions run only when it parses. */
export function makeProgram(context: CommandContext): Command {
  const { io } = context;
  const program = new Command('postern')
    .description('Harden, tune and operate Postfix mail servers.')
    .version(manifest.version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nExit codes: 0 clean, 1 findings or pending changes, 2 usage, 3 cannot determine.\n' +
        '\nExamples:\n' +
        '  postern audit /etc/postfix\n' +
        '  postern plan /etc/postfix --profile internet-mx\n' +
        '  postern spf check --ip 192.0.2.1 --helo mx.example.com --sender info@example.com',
    );
  program.configureOutput({
    outputError: (message, write) => write(message.replace(/^error: /, 'postern: ')),
  });
  for (const add of commandGroups) add(program, context);
  addConfigOption(program);
  pointToHelp(program, 'postern');
  return program;
}

/** A mistake in the command line ends with where to read on. */
function pointToHelp(command: Command, path: string): void {
  command.showHelpAfterError(`See: ${path} --help`);
  for (const each of command.commands) pointToHelp(each, `${path} ${each.name()}`);
}

/** Turns what stopped a command into a message and an exit code. */
function report(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has printed its message; help and version are no mistakes.
    return error.exitCode === 0 ? exitCode.clean : exitCode.usage;
  }
  if (error instanceof CommandError) {
    io.err(`postern: ${error.message}\n`);
    return error.exit;
  }
  if (io.signal.aborted) {
    io.err('postern: stopped\n');
    return exitCode.unknown;
  }
  const message = error instanceof Error ? error.message : String(error);
  io.err(`postern: ${message}\n`);
  return exitCode.unknown;
}
