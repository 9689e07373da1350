import { pathToFileURL } from 'node:url';
import { CommandError, exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import { countFindings, printFindings } from '../print/findings.ts';
import type { AddCommands } from '../program.ts';
import { targetHelp } from '../host-target.ts';
import { addTargetOptions, readTarget, type TargetFlags } from '../target.ts';
import manifest from '../../package.json' with { type: 'json' };

interface AuditOptions extends TargetFlags {
  readonly json?: boolean;
  readonly sarif?: boolean;
}

export const addAudit: AddCommands = (program, { io, action }) => {
  addTargetOptions(
    program
      .command('audit')
      .description('say what is wrong with a configuration, by file and line')
      .argument('<target>', targetHelp),
  )
    .option('--json', 'print one JSON document')
    .option('--sarif', 'print a SARIF 2.1.0 log')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  postern audit /etc/postfix\n' +
        '  postern audit ./etc --postfix 3.7.11 --sarif > postfix.sarif',
    )
    .action(
      action(async (target: string, options: AuditOptions) => {
        if (options.json && options.sarif)
          throw new CommandError('usage', 'choose one of --json and --sarif');
        const { folder, configuration } = await readTarget(io, target, options);
        const { version } = configuration;
        const { audit, toSarif } = await import('@postern/hardening');
        const findings = audit(configuration);
        if (options.json) {
          printJson(io, { target: folder.directory, postfix: version, findings });
        } else if (options.sarif) {
          const root = target.startsWith('ssh://') ? undefined : `${pathToFileURL(folder.directory).href}/`;
          printJson(
            io,
            toSarif(findings, { version: manifest.version, ...(root !== undefined && { root }) }),
          );
        } else {
          printFindings(io, findings);
          io.out(`${countFindings(findings)} in ${folder.directory} for Postfix ${version}\n`);
          if (findings.some(({ fix }) => fix)) {
            io.out(`See what would be changed: postern plan ${target} --profile internet-mx\n`);
          }
        }
        return findings.length === 0 ? exitCode.clean : exitCode.findings;
      }),
    );
};
