import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { addHardeningOptions, hardenOptions, type HardeningFlags } from '../hardening-options.ts';
import { printJson, type Io } from '../io.ts';
import { printFindings } from '../print/findings.ts';
import { printPlan } from '../print/plan.ts';
import type { AddCommands } from '../program.ts';
import { targetHelp } from '../host-target.ts';
import { writeHtmlReport } from '../html-report.ts';
import { addTargetOptions, readTarget, type ReadTarget, type TargetFlags } from '../target.ts';
import type { HardeningPlan, HardenOptions } from '@postern/hardening';

export const addPlan: AddCommands = (program, { io, action }) => {
  addHardeningOptions(
    addTargetOptions(
      program
        .command('plan')
        .description('show what a profile would change and why; writes nothing')
        .argument('<target>', targetHelp),
    ),
  )
    .option('--json', 'print one JSON document')
    .option('--html <file>', 'also write a report of the host before and after, as one HTML file')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  postern plan /etc/postfix --profile internet-mx\n' +
        '  postern plan ./etc --postfix 3.7.11 --hostname mail.example.no --cert /etc/ssl/mail.pem --key /etc/ssl/mail.key',
    )
    .action(
      action(
        async (
          name: string,
          flags: HardeningFlags & TargetFlags & { readonly json?: boolean; readonly html?: string },
        ) => {
          const options = await hardenOptions(io, flags);
          const target = await readTarget(io, name, flags);
          const plan = await planFor(name, target, options);
          const { applyPlan, isEmpty, redactPlan, renderDiff } = await import('@postern/plan');
          const { files } = target.folder;
          const after = applyPlan(files, plan);
          if (flags.json) {
            printJson(io, {
              ...redactPlan(plan),
              notes: plan.notes,
              obstacles: plan.obstacles,
              diff: renderDiff(files, after, { plan }),
            });
          }
          if (flags.html !== undefined)
            await writeHtmlReport(io, flags.html, target.configuration, {
              target: name,
              plan,
              planName: flags.profile,
            });
          if (plan.obstacles.length > 0) return reportObstacles(io, plan);
          if (!flags.json) await printPlan(io, plan, files, after);
          return isEmpty(plan) ? exitCode.clean : exitCode.findings;
        },
      ),
    );
};

/** The profile's plan for what was read. */
export async function planFor(
  name: string,
  { configuration, folder }: ReadTarget,
  options: HardenOptions,
): Promise<HardeningPlan> {
  if (folder.files['master.cf'] === undefined) {
    throw new CommandError(
      'unknown',
      `${folder.directory}: has no master.cf, and Postfix does not start without one. Nothing was planned. ` +
        'Put the one of your distribution there, on Debian /usr/share/postfix/master.cf.dist.',
    );
  }
  const { harden, HardeningError } = await import('@postern/hardening');
  try {
    return harden(configuration, { ...options, target: name.startsWith('ssh://') ? name : folder.directory });
  } catch (error) {
    if (error instanceof HardeningError && error.code === 'bad-input')
      throw new CommandError('usage', error.message, { cause: error });
    throw error;
  }
}

/** Says what a person has to mend before anything can be planned. */
export function reportObstacles(io: Io, plan: HardeningPlan): ExitCode {
  printFindings({ ...io, out: (text) => io.err(text) }, plan.obstacles);
  io.err(
    'postern: nothing can be planned while Postfix cannot read the configuration; mend the above first\n',
  );
  return exitCode.unknown;
}
