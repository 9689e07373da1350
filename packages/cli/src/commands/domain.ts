import type { DomainReport } from '@postern/deliverability';
import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { dnsSourceOptions, withResolver, type DnsSource } from '../dns-source.ts';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { countChecks, printChecks } from '../print/checks.ts';
import type { AddCommands } from '../program.ts';
import { readWords } from '../word-list.ts';

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
/** Questions under way at one name server: each domain has some fifty. */
const questionsAtOnce = 256;
/** Signatures stand at the beginning of a message; more of it is not read for them, in bytes. */
const longestStart = 2 ** 20;

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
  const names = await readWords(io, given);
  if (names.length === 0) throw new CommandError('usage', 'no domain was given');
  const { checkDomain, DeliverabilityError, selectorsOf } = await import('@postern/deliverability');
  const { createDnsbl } = await import('@postern/dnsbl');
  const signed = flags.message === undefined ? [] : selectorsOf(await readStart(io, flags.message));
  return withResolver(io, { ...flags, inflight: questionsAtOnce }, async (resolver) => {
    await using dnsbl =
      flags.lists === undefined ? undefined : createDnsbl({ resolver, zones: flags.lists.split(',') });
    const waiting = [...new Set(names)];
    const total = waiting.length;
    const done: (DomainReport | undefined)[] = [];
    const refused: string[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < total && !io.signal.aborted) {
        const at = next++;
        const name = waiting[at]!;
        const own = signed
          .filter(({ domain }) => domain === name.toLowerCase().replace(/\.$/, ''))
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
          if (io.signal.aborted) return;
          done[at] = report;
          progress.clear();
          if (!flags.json) print(io, report);
          progress.show(done.filter((one) => one !== undefined).length + refused.length);
        } catch (error) {
          if (!(error instanceof DeliverabilityError)) throw error;
          refused.push(error.message);
          progress.clear();
          io.err(`postern: ${error.message}\n`);
        }
      }
    };
    const progress = progressLine(io, total);
    await Promise.all(Array.from({ length: Math.min(concurrency, total) }, work));
    progress.clear();
    // What Ctrl-C has cut short is no report.
    io.signal.throwIfAborted();
    const reports = done.filter((report) => report !== undefined);
    if (flags.json) printJson(io, names.length === 1 && reports[0] ? reports[0] : reports);
    if (refused.length > 0) return exitCode.usage;
    return worst(reports);
  });
}

/** `12 of 1000 domains` on a terminal, written over until the work is done; nothing elsewhere, or for one domain. */
function progressLine(io: Io, total: number): { show(done: number): void; clear(): void } {
  const shown = io.terminal && total > 1;
  return {
    show: (done) => shown && io.err(`${done} of ${total} domains`),
    clear: () => shown && io.err('\r\u001B[K'),
  };
}

function print(io: Io, { domain, checks }: DomainReport): void {
  printChecks(io, checks);
  io.out(`${countChecks(checks)} for ${domain}\n`);
}

function worst(reports: readonly DomainReport[]): ExitCode {
  if (reports.some(({ status }) => status === 'fail' || status === 'warning')) return exitCode.findings;
  return reports.some(({ status }) => status === 'unknown') ? exitCode.unknown : exitCode.clean;
}

/** The beginning of a message, from a file or from standard input for `-`. @throws CommandError where it cannot be read */
async function readStart(io: Io, file: string): Promise<string | Uint8Array> {
  if (file === '-') return (await io.readInput()).slice(0, longestStart);
  const chunks: Uint8Array[] = [];
  for await (const chunk of openMessage(io, file, longestStart)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * A message as it is read from a file.
 *
 * @yields its pieces
 * @throws CommandError where it cannot be read
 */
export async function* openMessage(
  io: Io,
  file: string,
  most: number = Infinity,
): AsyncGenerator<Uint8Array> {
  try {
    const pieces: AsyncIterable<Uint8Array> = createReadStream(resolve(io.cwd, file), { end: most - 1 });
    yield* pieces;
  } catch (cause) {
    throw new CommandError(
      'unknown',
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
