import { dnsSourceOptions, lookUp, type DnsSource } from '../dns-source.ts';
import { exitCode } from '../exit.ts';
import { printJson } from '../io.ts';
import type { AddCommands } from '../program.ts';

interface DoctorFlags extends DnsSource {
  readonly config?: string | boolean;
  readonly redis?: string;
  readonly json?: boolean;
}

export const addDoctor: AddCommands = (program, { io, action }) => {
  dnsSourceOptions(
    program.command('doctor').description('look whether the command has what it needs where it runs'),
  )
    .option('--config <file>', 'the configuration file (default: the one that is found)')
    .option('--no-config', 'use no configuration file')
    .option('--redis <url>', 'also look whether this Redis can be reached, for postern fleet')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  postern doctor\n  postern doctor --redis redis://127.0.0.1:6379 --json\n' +
        '\nThe exit code is 1 when something is in the way of reading and changing hosts, or the Redis that was named\n' +
        'cannot be reached. What only some commands need (DNS, block lists, an agent, bullmq) does not count.',
    )
    .action(
      action(async (flags: DoctorFlags) => {
        const { checkCommand } = await import('../doctor/command.ts');
        const { checkNames } = await import('../doctor/names.ts');
        const { checkHosts } = await import('../doctor/hosts.ts');
        const { checkFiles } = await import('../doctor/files.ts');
        // A file of zones has no servers that could be public ones.
        const servers = flags.zone === undefined ? (flags.server?.split(',') ?? undefined) : [];
        const checks = [
          ...(await checkCommand(io, flags.config === true ? undefined : flags.config)),
          ...(await lookUp(io, flags, (resolver) => checkNames(resolver, io.signal, servers))),
          ...(await checkHosts(process.env, flags.redis)),
          ...(await checkFiles()),
        ];
        if (flags.json) printJson(io, { checks });
        else {
          const { countChecks, printChecks } = await import('../print/checks.ts');
          printChecks(io, checks);
          io.out(`${countChecks(checks)}\n`);
        }
        return checks.some(({ status }) => status === 'fail' || status === 'warning')
          ? exitCode.findings
          : exitCode.clean;
      }),
    );
};
