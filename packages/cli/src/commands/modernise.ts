import { exitCode } from '../exit.ts';
import { targetHelp } from '../host-target.ts';
import { paint, printJson } from '../io.ts';
import { printPlan } from '../print/plan.ts';
import { visible } from '../print/visible.ts';
import type { AddCommands } from '../program.ts';
import { addTargetOptions, readTarget, type TargetFlags } from '../target.ts';
import { checkVersion } from '../postfix-version.ts';
import { reportObstacles } from './plan.ts';

interface ModerniseFlags extends TargetFlags {
  readonly from: string;
  readonly to: string;
  readonly berkeleyDb: boolean;
  readonly json?: boolean;
}

export const addModernise: AddCommands = (program, { io, action }) => {
  addTargetOptions(
    program
      .command('modernise')
      .description('show what a configuration needs under a newer Postfix; writes nothing')
      .argument('<target>', targetHelp),
  )
    .requiredOption('--from <version>', 'the Postfix that has read it until now, for example 2.11')
    .requiredOption('--to <version>', 'the Postfix that will read it, for example 3.12')
    .option('--no-berkeley-db', 'hash: and btree: tables are gone there, as they are from 3.11 on')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  postern modernise /etc/postfix --from 2.11 --to 3.12')
    .action(
      action(async (name: string, flags: ModerniseFlags) => {
        const from = checkVersion(flags.from, '--from');
        const to = checkVersion(flags.to, '--to');
        const { folder, configuration } = await readTarget(io, name, { ...flags, postfix: from });
        const { modernise } = await import('@postern/hardening');
        const plan = modernise(configuration, {
          from,
          to,
          target: folder.directory,
          ...(!flags.berkeleyDb && { berkeleyDb: false }),
        });
        const { applyPlan, isEmpty, redactPlan, renderDiff } = await import('@postern/plan');
        const { files } = folder;
        const after = applyPlan(files, plan);
        if (flags.json) {
          const { notes, obstacles, effects } = plan;
          const diff = renderDiff(files, after, { plan });
          printJson(io, { ...redactPlan(plan), notes, obstacles, effects, diff });
        }
        if (plan.obstacles.length > 0) return reportObstacles(io, plan);
        if (!flags.json) {
          await printPlan(io, plan, files, after);
          for (const { about, message } of plan.effects)
            io.out(`${paint(io, 'yellow', 'changes')} ${about}: ${visible(message)}\n`);
        }
        return isEmpty(plan) ? exitCode.clean : exitCode.findings;
      }),
    );
};
