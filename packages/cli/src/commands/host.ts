import { isIP } from 'node:net';
import { dnsSourceOptions, withResolver, type DnsSource } from '../dns-source.ts';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { countChecks, printChecks } from '../print/checks.ts';
import type { AddCommands } from '../program.ts';

interface CheckFlags extends DnsSource {
  readonly helo?: string;
  readonly lists?: string;
  readonly connect: boolean;
  readonly json?: boolean;
}

export const addHost: AddCommands = (program, { io, action }) => {
  const host = program.command('host').description('look at a mail host as the world sees it');
  dnsSourceOptions(host.command('check'))
    .description('check reverse DNS, HELO, block lists, ports 25, 465 and 587, TLS and certificates')
    .argument('<address-or-name>', 'an address, or a name whose addresses are all checked')
    .option('--helo <name>', 'the name it gives with HELO (default: its reverse name, or the name given)')
    .option('--lists <zones>', 'block lists to ask, with commas between')
    .option('--no-connect', 'make no connection')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  postern host check 192.0.2.1 --helo mx.example.com --lists zen.spamhaus.org',
    )
    .action(action((subject: string, flags: CheckFlags) => check(io, subject, flags)));
};

async function check(io: Io, subject: string, flags: CheckFlags): Promise<ExitCode> {
  const { checkHost } = await import('@postern/deliverability');
  const { createDnsbl } = await import('@postern/dnsbl');
  return withResolver(io, flags, async (resolver) => {
    await using dnsbl =
      flags.lists === undefined ? undefined : createDnsbl({ resolver, zones: flags.lists.split(',') });
    const addresses = isIP(subject)
      ? [subject]
      : (
          await Promise.all([
            resolver.resolve(subject, 'A', { signal: io.signal }),
            resolver.resolve(subject, 'AAAA', { signal: io.signal }),
          ])
        ).flatMap((answer) => (answer.status === 'found' ? answer.records : []));
    io.signal.throwIfAborted();
    if (addresses.length === 0)
      throw new CommandError('unknown', `${subject}: no address is found under this name`);
    const helo = flags.helo ?? (isIP(subject) ? undefined : subject);
    const reports = await Promise.all(
      addresses.map((address) =>
        checkHost(
          { address, ...(helo === undefined ? {} : { helo }) },
          {
            resolver,
            signal: io.signal,
            ...(dnsbl ? { dnsbl } : {}),
            ...(flags.connect ? {} : { connect: false }),
          },
        ),
      ),
    );
    // What Ctrl-C has cut short is no report.
    io.signal.throwIfAborted();
    if (flags.json) printJson(io, reports.length === 1 ? reports[0] : reports);
    else {
      for (const { address, checks } of reports) {
        printChecks(io, checks);
        io.out(`${countChecks(checks)} for ${address}\n`);
      }
    }
    if (reports.some(({ status }) => status === 'fail' || status === 'warning')) return exitCode.findings;
    return reports.some(({ status }) => status === 'unknown') ? exitCode.unknown : exitCode.clean;
  });
}
