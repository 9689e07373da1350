import type { AddCommands } from '../program.ts';

/** Every group of subcommands, in the order of `postern --help`. */
export const commandGroups: readonly AddCommands[] = [];
