import { pathToFileURL } from 'node:url';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CommandError, exitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { loadRules } from '../own-rules.ts';
import { countFindings, printFindings } from '../print/findings.ts';
import type { AddCommands } from '../program.ts';
import { targetHelp } from '../host-target.ts';
import { writeHtmlReport } from '../html-report.ts';
import { addTargetOptions, readTarget, type TargetFlags } from '../target.ts';
import type { ParsedSuppressions } from '@postern/hardening';
import manifest from '../../package.json' with { type: 'json' };

interface AuditOptions extends TargetFlags {
  readonly json?: boolean;
  readonly sarif?: boolean;
  readonly markdown?: boolean;
  readonly html?: string;
  readonly rules?: readonly string[];
  readonly suppressions?: string;
}

export const addAudit: AddCommands = (program, { io, action, configured }) => {
  addTargetOptions(
    program
      .command('audit')
      .description('say what is wrong with a configuration, by file and line')
      .argument('<target>', targetHelp),
  )
    .option('--json', 'print one JSON document')
    .option('--sarif', 'print a SARIF 2.1.0 log')
    .option('--markdown', 'print a report as Markdown')
    .option('--html <file>', 'also write a report with the way of mail through the lists, as one HTML file')
    .option(
      '--rules <file>',
      'a module with rules of your own, besides ours; may be repeated',
      (value: string, all: readonly string[] | undefined): readonly string[] => [...(all ?? []), value],
    )
    .option('--suppressions <file>', 'findings that you allow, with a reason and an end, as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n' +
        '  postern audit /etc/postfix\n' +
        '  postern audit ./etc --postfix 3.7.11 --sarif > postfix.sarif\n' +
        '  postern audit ssh://root@mail.example.no --html audit.html',
    )
    .action(
      action(async (target: string, options: AuditOptions) => {
        if ([options.json, options.sarif, options.markdown].filter(Boolean).length > 1)
          throw new CommandError('usage', 'choose one of --json, --sarif and --markdown');
        const { folder, configuration } = await readTarget(io, target, options);
        const { version } = configuration;
        const { audit, rules, suppress, toSarif } = await import('@postern/hardening');
        const own = await Promise.all((options.rules ?? []).map((file) => loadRules(io, file)));
        const written = await readSuppressions(io, options.suppressions);
        const { findings: left, allowed } = suppress(
          audit(configuration, { rules: [...rules, ...own.flat()] }),
          configuration,
          {
            suppressions: [...configured().suppressions, ...written.suppressions],
            today: new Date().toISOString().slice(0, 10),
          },
        );
        const findings = [...left, ...written.findings];
        if (options.json) {
          printJson(io, { target: folder.directory, postfix: version, findings, allowed });
        } else if (options.sarif) {
          const root = target.startsWith('ssh://') ? undefined : `${pathToFileURL(folder.directory).href}/`;
          printJson(
            io,
            toSarif(findings, {
              version: manifest.version,
              configuration,
              allowed,
              ...(root !== undefined && { root }),
            }),
          );
        } else if (options.markdown) {
          const { reportAudit, toMarkdown } = await import('@postern/hardening');
          io.out(toMarkdown(reportAudit(configuration, { target, findings, allowed })));
        } else {
          printFindings(io, findings);
          io.out(`${countFindings(findings)} in ${folder.directory} for Postfix ${version}\n`);
          if (allowed.length > 0) io.out(`${allowed.length} more are allowed\n`);
          if (findings.some(({ fix }) => fix)) {
            io.out(`See what would be changed: postern plan ${target} --profile internet-mx\n`);
          }
        }
        if (options.html !== undefined)
          await writeHtmlReport(io, options.html, configuration, { target, findings, allowed });
        return findings.length === 0 ? exitCode.clean : exitCode.findings;
      }),
    );
};

async function readSuppressions(io: Io, file: string | undefined): Promise<ParsedSuppressions> {
  if (file === undefined) return { suppressions: [], findings: [] };
  const { parseSuppressions } = await import('@postern/hardening');
  try {
    return parseSuppressions(await readFile(resolve(io.cwd, file), 'utf8'), file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError('usage', `--suppressions ${file}: cannot be read: ${reason}`, { cause: error });
  }
}
