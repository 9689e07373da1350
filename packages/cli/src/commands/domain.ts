import type { DomainReport } from '@postern/deliverability';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { dnsSourceOptions, withResolver, type DnsSource } from '../dns-source.ts';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { countChecks, printChecks } from '../print/checks.ts';
import type { AddCommands } from '../program.ts';

interface CheckFlags extends DnsSource {
  readonly selector?: readonly string[];
  readonly message?: string;
  readonly address?: readonly string[];
  readonly lists?: string;
  readonly connect: boolean;
  readonly json?: boolean;
}

/** Domains that are looked at together. */
const concurrency = 100;

export const addDomain: AddCommands = (program, { io, action }) => {
  const domain = program.command('domain').description('look at a mail domain as the world sees it');
  dnsSourceOptions(domain.command('check'))
    .description('check MX, SPF, DKIM, DMARC, MTA-STS, TLS reporting, DANE, BIMI, CAA, lists and TLS')
    .argument('<domains...>', 'domains; - reads them from standard input, one a line')
    .option('--selector <names...>', 'DKIM selectors in use (default: common names are tried)')
    .option('--message <file>', 'a message that was sent: its DKIM selectors are checked')
    .option('--address <addresses...>', 'addresses that the domain sends from: SPF must let them pass')
    .option('--lists <zones>', 'block lists of domains to ask, with commas between')
    .option('--no-connect', 'make no connection: neither to the MX hosts nor for the MTA-STS policy')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  postern domain check example.com --selector s2026 --address 192.0.2.1\n' +
        '  postern domain check - --no-connect --json < domains.txt',
    )
    .action(action((domains: string[], flags: CheckFlags) => check(io, domains, flags)));
};

async function check(io: Io, given: readonly string[], flags: CheckFlags): Promise<ExitCode> {
  const names = (
    await Promise.all(
      given.map(async (name) => (name === '-' ? (await io.readInput()).split(/\s+/) : [name])),
    )
  )
    .flat()
    .filter((name) => name !== '');
  if (names.length === 0) throw new CommandError('usage', 'no domain was given');
  const { checkDomain, DeliverabilityError, selectorsOf } = await import('@postern/deliverability');
  const { createDnsbl } = await import('@postern/dnsbl');
  const signed = flags.message === undefined ? [] : selectorsOf(await readMessage(io, flags.message));
  return withResolver(io, flags, async (resolver) => {
    await using dnsbl =
      flags.lists === undefined ? undefined : createDnsbl({ resolver, zones: flags.lists.split(',') });
    const reports: DomainReport[] = [];
    const refused: string[] = [];
    const waiting = [...new Set(names)];
    const work = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const own = signed
          .filter(({ domain }) => domain === name?.toLowerCase())
          .map(({ selector }) => selector);
        const selectors = [...(flags.selector ?? []), ...own];
        try {
          const report = await checkDomain(name, {
            resolver,
            signal: io.signal,
            ...(selectors.length > 0 ? { selectors } : {}),
            ...(flags.address ? { addresses: flags.address } : {}),
            ...(dnsbl ? { dnsbl } : {}),
            ...(flags.connect ? {} : { connect: false }),
          });
          reports.push(report);
          if (!flags.json) print(io, report);
        } catch (error) {
          if (!(error instanceof DeliverabilityError)) throw error;
          refused.push(error.message);
          io.err(`postern: ${error.message}\n`);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, waiting.length) }, work));
    if (flags.json) printJson(io, names.length === 1 && reports[0] ? reports[0] : reports);
    if (refused.length > 0) return exitCode.usage;
    return worst(reports);
  });
}

function print(io: Io, { domain, checks }: DomainReport): void {
  printChecks(io, checks);
  io.out(`${countChecks(checks)} for ${domain}\n`);
}

function worst(reports: readonly DomainReport[]): ExitCode {
  if (reports.some(({ status }) => status === 'fail' || status === 'warning')) return exitCode.findings;
  return reports.some(({ status }) => status === 'unknown') ? exitCode.unknown : exitCode.clean;
}

/** A message from a file, or from standard input for `-`. @throws CommandError where it cannot be read */
export async function readMessage(io: Io, file: string): Promise<string | Uint8Array> {
  if (file === '-') return io.readInput();
  return readFile(resolve(io.cwd, file)).catch((cause: unknown) => {
    throw new CommandError(
      'unknown',
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
}
