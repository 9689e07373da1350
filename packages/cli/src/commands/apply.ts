import { exitCode, CommandError } from '../exit.ts';
import { addHardeningOptions, type HardeningFlags } from '../hardening-options.ts';
import { paint, printJson } from '../io.ts';
import { describeChange, printPlan } from '../print/plan.ts';
import type { AddCommands } from '../program.ts';
import { addLoginOptions, isHost, targetHelp, type LoginFlags } from '../host-target.ts';
import { targetFolder } from '../target.ts';
import { applyToHost } from '../host/apply.ts';
import { makePlan, reportObstacles } from './plan.ts';

export interface ApplyFlags extends HardeningFlags, LoginFlags {
  readonly confirmWithin?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const addApply: AddCommands = (program, { io, action }) => {
  addHardeningOptions(
    addLoginOptions(
      program
        .command('apply')
        .description('write what a profile changes, with a backup that rollback restores')
        .argument('<target>', targetHelp),
    ),
  )
    .option(
      '--confirm-within <time>',
      'on a host: leave it to `postern confirm`, and undo it after this time without (120s, 5m)',
    )
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON document; does not ask')
    .addHelpText(
      'after',
      '\nExamples:\n  postern apply ./etc --profile internet-mx --yes\n' +
        '  postern apply ssh://root@mail.example.no --profile internet-mx --confirm-within 5m',
    )
    .action(
      action(async (name: string, flags: ApplyFlags) => {
        if (isHost(name)) return await applyToHost(io, name, flags);
        const { applyToFolder, recoverFolder } = await import('@postern/controller');
        // A plan is made from whole files, never from the mixture that a cut-short change may have left.
        const recovered = await recoverFolder(targetFolder(io, name));
        if (recovered) io.err(`postern: ${recovered.message}\n`);
        const { target, plan } = await makePlan(io, name, flags);
        if (plan.obstacles.length > 0) return reportObstacles(io, plan);
        const { applyPlan, isEmpty } = await import('@postern/plan');
        const { directory, files } = target.folder;
        if (!flags.json) await printPlan(io, plan, files, applyPlan(files, plan));
        if (!isEmpty(plan) && !flags.yes && !flags.json && io.terminal) {
          if (!(await io.confirm?.(`\nWrite this to ${directory}?`)))
            throw new CommandError('unknown', 'nothing was written');
        }
        const result = await applyToFolder(directory, plan, { basedOn: target.folder, signal: io.signal });
        if (flags.json) {
          const { before: _, after: __, ...rest } = result;
          printJson(io, { target: directory, ...rest });
          return exitCode.clean;
        }
        if (result.status === 'unchanged') return exitCode.clean;
        io.out(
          `\n${paint(io, 'green', 'Written')}: ${result.changed.join(', ')} in ${directory} (${result.id})\n`,
        );
        for (const change of result.remaining) io.out(`Still to do: ${describeChange(change)}\n`);
        io.out(`Undo: postern rollback ${name}\n`);
        return exitCode.clean;
      }),
    );
};
