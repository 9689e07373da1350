import { applyToTarget, readToChange, type ApplyFlags } from '../apply-to-target.ts';
import { addHardeningOptions, hardenOptions, type HardeningFlags } from '../hardening-options.ts';
import { targetHelp } from '../host-target.ts';
import type { AddCommands } from '../program.ts';
import { addTargetOptions, openTarget } from '../target.ts';
import { planFor, reportObstacles } from './plan.ts';

export const addApply: AddCommands = (program, { io, action }) => {
  addHardeningOptions(
    addTargetOptions(
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
      action(async (name: string, flags: HardeningFlags & ApplyFlags) => {
        const options = await hardenOptions(io, flags);
        await using target = openTarget(io, name, flags);
        const read = await readToChange(io, target, flags);
        const plan = await planFor(name, read, options);
        if (plan.obstacles.length > 0) return reportObstacles(io, plan);
        return await applyToTarget(io, target, read, plan, flags);
      }),
    );
};
