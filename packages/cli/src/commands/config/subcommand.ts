import type { Command } from 'commander';
import type { CommandContext } from '../../program.ts';

/** Adds one subcommand of `postern config`. */
export type AddSubcommand = (config: Command, context: CommandContext) => void;

/** A subcommand with what all of them have: `--json` and an example in its help. */
export function subcommand(config: Command, usage: string, description: string, example: string): Command {
  return config
    .command(usage)
    .description(description)
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\nExample:\n  postern config ${example}`);
}
