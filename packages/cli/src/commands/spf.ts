import type { Command } from 'commander';
import type { FinishedSpf, SpfBuilder, SpfResult } from '@postern/spf';
import { dnsSourceOptions, lookUp, type DnsSource } from '../dns-source.ts';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { printFlattened, printSpfLint, printSpfResult, printSpfTree } from '../print/spf.ts';
import type { AddCommands } from '../program.ts';

interface DnsFlags extends DnsSource {
  readonly json?: boolean;
}

interface CheckFlags extends DnsFlags {
  readonly ip: string;
  readonly helo: string;
  readonly sender: string;
  readonly receiver?: string;
  readonly prefetch: boolean;
}

interface FlattenFlags extends DnsFlags {
  readonly record?: string;
  readonly prefix?: string;
  readonly maxSize?: string;
}

export const addSpf: AddCommands = (program, { io, action }) => {
  const spf = program.command('spf').description('check, lint, flatten, compare and build SPF records');
  const add = (usage: string, description: string, example: string): Command =>
    spf
      .command(usage)
      .description(description)
      .option('--json', 'print one JSON document')
      .addHelpText('after', `\nExample:\n  postern spf ${example}`);
  const ofClient = (command: Command): Command =>
    dnsSourceOptions(command)
      .requiredOption('--ip <address>', 'the address of the client')
      .requiredOption('--helo <name>', 'the name it gives with HELO or EHLO')
      .requiredOption('--sender <address>', 'the address it gives with MAIL FROM; "" for a bounce')
      .option('--receiver <name>', 'the host that checks, for headers and explanations')
      .option('--no-prefetch', 'ask one question after the other, and none that may not be needed');

  const client = '--ip 192.0.2.1 --helo mx.example.com --sender info@example.com';
  ofClient(add('check', 'check whether a client may send for a sender (RFC 7208)', `check ${client}`)).action(
    action(async (flags: CheckFlags) => {
      const result = await check(io, flags);
      if (flags.json) printJson(io, result);
      else printSpfResult(io, result);
      return verdictCode(result);
    }),
  );
  ofClient(add('explain', 'draw every term and every lookup of a check', `explain ${client}`)).action(
    action(async (flags: CheckFlags) => {
      const result = await check(io, flags);
      if (flags.json) {
        printJson(io, result);
      } else {
        await printSpfTree(io, result);
        printSpfResult(io, result);
      }
      return verdictCode(result);
    }),
  );
  dnsSourceOptions(
    add(
      'lint <domain-or-record>',
      'say what is wrong with a record and what each term costs',
      'lint example.com',
    ),
  )
    .option('--domain <name>', 'the domain a record given as text is for')
    .action(action((subject: string, flags: DnsFlags & { domain?: string }) => lint(io, subject, flags)));
  dnsSourceOptions(
    add('flatten <domain>', 'write the addresses behind a record’s names into it', 'flatten example.com'),
  )
    .option('--record <text>', 'flatten this record instead of the published one')
    .option('--prefix <label>', 'how the names of further records begin (default: _spf)')
    .option('--max-size <bytes>', 'the longest record (default: 450)')
    .action(action((domain: string, flags: FlattenFlags) => flatten(io, domain, flags)));
  dnsSourceOptions(
    add(
      'diff <before> <after>',
      'compare two records by the addresses they let pass',
      'diff example.com "v=spf1 mx -all" --domain example.com',
    ),
  )
    .requiredOption('--domain <name>', 'the domain the records are for')
    .action(
      action((before: string, after: string, flags: DnsFlags & { domain: string }) =>
        diff(io, before, after, flags),
      ),
    );
  addBuild(
    add(
      'build',
      'build a record; the terms stand in the order of the options',
      'build --mx --a --ip4 88.99.100.10 --all fail',
    ),
    io,
    action,
  );
};

async function check(
  io: Io,
  { ip, helo, sender, receiver, prefetch, ...source }: CheckFlags,
): Promise<SpfResult> {
  const { checkSpf } = await import('@postern/spf');
  return lookUp(io, source, (resolver) =>
    checkSpf(
      { ip, helo, sender },
      { resolver, prefetch, signal: io.signal, ...(receiver === undefined ? {} : { receiver }) },
    ),
  );
}

/** A refusal is a negative verdict; what DNS or the command line did not tell is unknown. */
function verdictCode({ result }: SpfResult): ExitCode {
  if (result === 'temperror') return exitCode.unknown;
  return result === 'fail' || result === 'softfail' || result === 'permerror'
    ? exitCode.findings
    : exitCode.clean;
}

async function lint(
  io: Io,
  subject: string,
  { domain, ...source }: DnsFlags & { domain?: string },
): Promise<ExitCode> {
  const { lintSpf } = await import('@postern/spf');
  const found = await lookUp(io, source, (resolver) =>
    lintSpf(subject, { resolver, signal: io.signal, ...(domain === undefined ? {} : { domain }) }),
  );
  if (source.json) printJson(io, found);
  else printSpfLint(io, found);
  if (found.findings.some(({ rule }) => rule === 'bad-domain' && found.record === null))
    return exitCode.usage;
  if (found.findings.some(({ rule }) => rule === 'dns')) return exitCode.unknown;
  return found.findings.some(({ level }) => level !== 'note') ? exitCode.findings : exitCode.clean;
}

async function flatten(
  io: Io,
  domain: string,
  { record, prefix, maxSize, ...source }: FlattenFlags,
): Promise<ExitCode> {
  const size = maxSize === undefined ? undefined : Number(maxSize);
  if (size !== undefined && !(Number.isInteger(size) && size >= 64)) {
    throw new CommandError('usage', `--max-size takes a whole number of bytes from 64, not "${maxSize}"`);
  }
  const { flattenSpf } = await import('@postern/spf');
  const flattened = await lookUp(io, source, (resolver) =>
    flattenSpf(domain, {
      resolver,
      signal: io.signal,
      ...(record === undefined ? {} : { record }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(size === undefined ? {} : { maxSize: size }),
    }),
  );
  if (source.json) printJson(io, flattened);
  else await printFlattened(io, flattened);
  if (flattened.records.length === 0) return exitCode.unknown;
  return flattened.notes.some(({ code }) => code === 'too-many-lookups' || code === 'too-large')
    ? exitCode.findings
    : exitCode.clean;
}

async function diff(
  io: Io,
  before: string,
  after: string,
  { domain, ...source }: DnsFlags & { domain: string },
): Promise<ExitCode> {
  const { diffSpf } = await import('@postern/spf');
  const found = await lookUp(io, source, (resolver) =>
    diffSpf(before, after, { resolver, domain, signal: io.signal }),
  );
  if (source.json) {
    printJson(io, found);
  } else {
    for (const network of found.removed) io.out(`- ${network}\n`);
    for (const network of found.added) io.out(`+ ${network}\n`);
    for (const [side, unknown] of Object.entries(found.unknown)) {
      for (const { term, domain: of, because } of unknown)
        io.out(`? ${side}: "${term}" of ${of}: ${because}\n`);
    }
    if (found.same) io.out('Both let the same addresses pass\n');
  }
  if (found.added.length + found.removed.length > 0) return exitCode.findings;
  return found.same ? exitCode.clean : exitCode.unknown;
}

const qualifiers = { pass: '+', fail: '-', softfail: '~', neutral: '?' } as const;

type Term = (builder: SpfBuilder) => SpfBuilder;

/** `build`: every option adds a term when the command line comes to it, so that their order counts. */
function addBuild(command: Command, io: Io, action: Parameters<AddCommands>[1]['action']): void {
  const terms: Term[] = [];
  const term = (flags: string, description: string, make: (value: string | null) => Term): void => {
    const option = command.createOption(flags, description);
    command.addOption(option);
    command.on(`option:${option.name()}`, (value: string | null) => terms.push(make(value)));
  };
  term(
    '--a [domain]',
    'the addresses of the domain, or of another',
    (value) => (builder) => builder.a(value ?? {}),
  );
  term('--mx [domain]', 'the hosts that receive its mail', (value) => (builder) => builder.mx(value ?? {}));
  term('--ip4 <network>', 'an IPv4 address or network', (value) => (builder) => builder.ip4(value ?? ''));
  term('--ip6 <network>', 'an IPv6 address or network', (value) => (builder) => builder.ip6(value ?? ''));
  term(
    '--include <domain>',
    'whoever another domain lets pass',
    (value) => (builder) => builder.include(value ?? ''),
  );
  term(
    '--exists <name>',
    'whoever a name with macros exists for',
    (value) => (builder) => builder.exists(value ?? ''),
  );
  command
    .option('--all <result>', 'what everybody else gets: fail, softfail, neutral or pass')
    .option('--redirect <domain>', 'leave everybody else to another domain')
    .option('--exp <domain>', 'where fails are explained')
    .option('--name <domain>', 'print a line for the zone file of this domain')
    .action(
      action(
        async (flags: { all?: string; redirect?: string; exp?: string; name?: string; json?: boolean }) => {
          const { spf, zoneLine, zoneStrings, SpfBuildError } = await import('@postern/spf');
          if (flags.all !== undefined && flags.redirect !== undefined)
            throw new CommandError('usage', 'choose one of --all and --redirect');
          if (flags.all !== undefined && !Object.hasOwn(qualifiers, flags.all)) {
            throw new CommandError(
              'usage',
              `--all takes fail, softfail, neutral or pass, not "${flags.all}"`,
            );
          }
          let built: FinishedSpf;
          try {
            const begun = terms.reduce<SpfBuilder>((builder, add) => add(builder), spf());
            const ready = flags.exp === undefined ? begun : begun.exp(flags.exp);
            if (flags.redirect !== undefined) built = ready.redirect(flags.redirect);
            else if (flags.all === undefined) built = ready.end();
            else built = ready.all(qualifiers[flags.all as keyof typeof qualifiers]);
          } catch (error) {
            if (error instanceof SpfBuildError)
              throw new CommandError('usage', error.message, { cause: error });
            throw error;
          }
          const line = zoneLine(flags.name ?? '@', built.text);
          if (flags.json) printJson(io, { text: built.text, strings: zoneStrings(built.text), zone: line });
          else io.out(`${flags.name === undefined ? built.text : line}\n`);
          return exitCode.clean;
        },
      ),
    );
}
