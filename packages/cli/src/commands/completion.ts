import { Argument } from 'commander';
import { exitCode } from '../exit.ts';
import type { AddCommands } from '../program.ts';
import { loadConfig } from '../settings/load.ts';
import { shells, type Shell } from '../completion/scripts.ts';

export const addCompletion: AddCommands = (program, { io, action }) => {
  program
    .command('completion')
    .description('print what makes a shell complete the command with Tab')
    .addArgument(new Argument('<shell>', 'the shell that reads it').choices(shells))
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  postern completion bash > /etc/bash_completion.d/postern\n' +
        '  postern completion zsh > ~/.zfunc/_postern\n' +
        '  postern completion fish > ~/.config/fish/completions/postern.fish',
    )
    .action(
      action(async (shell: Shell) => {
        const { scripts } = await import('../completion/scripts.ts');
        io.out(scripts[shell]);
        return exitCode.clean;
      }),
    );
};

/** What the shells ask at each Tab. Whatever is wrong there must not disturb the line that is being written. */
export const addComplete: AddCommands = (program, { io, action }) => {
  program
    .command('__complete', { hidden: true })
    .description('print what can stand where the cursor is')
    .argument('<line>', 'the command line up to the cursor')
    .action(
      action(async (line: string) => {
        const { complete } = await import('../completion/complete.ts');
        const { splitLine } = await import('../completion/words.ts');
        const config = await loadConfig({ ...io, err: () => {} }, undefined).catch(() => undefined);
        const names = {
          targets: Object.keys(config?.targets ?? {}),
          profiles: Object.keys(config?.profiles ?? {}),
        };
        const { words, paths } = complete(program, splitLine(line).slice(1), names);
        io.out(`${[paths, ...words.map(({ word, about }) => `${word}\t${about}`)].join('\n')}\n`);
        return exitCode.clean;
      }),
    );
};
