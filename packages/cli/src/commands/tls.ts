import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Share, TlsLevel, TransportEvidence } from '@postern/deliverability';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { targetHelp } from '../host-target.ts';
import { printJson, type Io } from '../io.ts';
import { printPlan } from '../print/plan.ts';
import { visible } from '../print/visible.ts';
import type { AddCommands } from '../program.ts';
import { addTargetOptions, readTarget, type TargetFlags } from '../target.ts';

interface ReportFlags {
  readonly log: readonly string[];
  readonly host?: string;
  readonly html?: string;
  readonly json?: boolean;
}

const levels = ['encrypt', 'dane-only', 'verify'] as const satisfies readonly TlsLevel[];
/** Peers that are printed; the JSON document and the page have more. */
const mostPrinted = 10;

export const addTls: AddCommands = (program, { io, action }) => {
  const tls = program
    .command('tls')
    .description('show how mail was encrypted on its way, and require that it is');
  tls
    .command('report')
    .description('count encrypted sessions in a log, by protocol, cipher and peer')
    .requiredOption('--log <files...>', 'Postfix logs in order, .gz too; - for standard input')
    .option('--host <name>', 'whose log it is (default: this host)')
    .option('--html <file>', 'write a dated page that states what it proves and what it does not')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  postern tls report --log /var/log/mail.log.1 /var/log/mail.log --html transport.html',
    )
    .action(action((flags: ReportFlags) => report(io, flags)));
  addTargetOptions(
    tls
      .command('require')
      .description('plan TLS for mail to named domains; writes nothing')
      .argument('<target>', targetHelp)
      .argument('<domain=level...>', `level: ${levels.join(', ')}`),
  )
    .option('--json', 'print the plan as one JSON document')
    .addHelpText(
      'after',
      '\nExample:\n  postern tls require /etc/postfix example.com=verify example.org=dane-only',
    )
    .action(
      action((target: string, pairs: string[], flags: TargetFlags & { readonly json?: boolean }) =>
        require(io, target, pairs, flags),
      ),
    );
};

async function report(io: Io, flags: ReportFlags): Promise<ExitCode> {
  const { readTransportEvidence, transportReport } = await import('@postern/deliverability');
  const evidence = await readTransportEvidence(linesOf(io, flags.log));
  if (flags.html !== undefined) {
    const page = transportReport(evidence, { host: flags.host ?? hostname(), date: new Date() });
    const path = resolve(io.cwd, flags.html);
    await writeFile(path, page).catch((cause: unknown) => {
      throw new CommandError('unknown', `${path} cannot be written: ${String(cause)}`, { cause });
    });
    io.err(`Written to ${path}\n`);
  }
  if (flags.json) printJson(io, evidence);
  else printEvidence(io, evidence);
  if (evidence.in.messages + evidence.out.messages === 0) return exitCode.unknown;
  return inClear(evidence.in) + inClear(evidence.out) > 0 ? exitCode.findings : exitCode.clean;
}

async function* linesOf(io: Io, files: readonly string[]): AsyncGenerator<string> {
  for (const file of files) {
    if (file === '-') {
      yield* (await io.readInput()).split('\n');
      continue;
    }
    const path = resolve(io.cwd, file);
    const raw = createReadStream(path);
    const text: Readable = file.endsWith('.gz') ? Readable.from(raw.pipe(createGunzip())) : raw;
    try {
      yield* createInterface({ input: text, crlfDelay: Infinity });
    } catch (cause) {
      throw new CommandError(
        'unknown',
        `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }
}

function inClear({ messages, messagesEncrypted }: Share): number {
  return messages - messagesEncrypted;
}

function printEvidence(io: Io, evidence: TransportEvidence): void {
  io.out(`From ${evidence.from ?? '—'} to ${evidence.to ?? '—'}\n`);
  for (const [name, share] of [
    ['out', evidence.out],
    ['in', evidence.in],
  ] as const) {
    io.out(
      `${name.padEnd(4)} ${share.messagesEncrypted} of ${share.messages} messages encrypted, ${share.encrypted} of ${share.sessions} sessions\n`,
    );
  }
  for (const [protocol, count] of Object.entries(evidence.byProtocol))
    io.out(`  ${visible(protocol).padEnd(12)} ${count}\n`);
  for (const { peer, messages, messagesEncrypted } of evidence.domains
    .filter((share) => inClear(share) > 0)
    .slice(0, mostPrinted)) {
    io.out(`  in clear text to ${visible(peer)}: ${messages - messagesEncrypted} of ${messages} messages\n`);
  }
  for (const { peer, fellBack } of evidence.fellBack.slice(0, mostPrinted)) {
    io.out(`  fell back to clear text: ${visible(peer)}, ${fellBack} times\n`);
  }
  for (const limit of evidence.limits) io.out(`${limit}\n`);
}

async function require(
  io: Io,
  name: string,
  pairs: readonly string[],
  flags: TargetFlags & { readonly json?: boolean },
): Promise<ExitCode> {
  const domains = Object.fromEntries(pairs.map(readPair));
  const { folder, configuration } = await readTarget(io, name, flags);
  const { DeliverabilityError, requireTls } = await import('@postern/deliverability');
  const { parseMain } = await import('@postern/config');
  const { applyPlan, isEmpty, prunePlan } = await import('@postern/plan');
  const { main } = configuration;
  const table = folder.files['tls_policy'] ?? configuration.files?.('tls_policy') ?? '';
  try {
    const files = { ...folder.files, ...(table === '' ? {} : { tls_policy: table }) };
    const plan = prunePlan(
      files,
      requireTls(domains, {
        main: typeof main === 'string' ? parseMain(main) : main,
        version: configuration.version,
        target: name,
        table,
      }),
    );
    if (flags.json) printJson(io, plan);
    else await printPlan(io, plan, files, applyPlan(files, plan));
    return isEmpty(plan) ? exitCode.clean : exitCode.findings;
  } catch (error) {
    if (error instanceof DeliverabilityError)
      throw new CommandError('usage', error.message, { cause: error });
    throw error;
  }
}

function readPair(pair: string): [string, TlsLevel] {
  const [domain = '', level] = pair.split('=');
  const found = levels.find((one) => one === level);
  if (found === undefined)
    throw new CommandError('usage', `${pair}: write domain=level, the level one of ${levels.join(', ')}`);
  return [domain, found];
}
