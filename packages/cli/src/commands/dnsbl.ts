import type { Dnsbl, PolicyList } from '@postern/dnsbl';
import type { Command } from 'commander';
import { dnsSourceOptions, lookUp, type DnsSource } from '../dns-source.ts';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import { printChecks, printHealth, printLists, printSettings, type Checked } from '../print/dnsbl.ts';
import type { AddCommands } from '../program.ts';
import { readWords } from '../word-list.ts';

interface CheckFlags extends DnsSource {
  readonly lists?: string;
  readonly cap: string;
  readonly json?: boolean;
}

interface EmitFlags {
  readonly lists?: string;
  readonly key?: readonly string[];
  readonly threshold?: string;
  readonly place?: string;
  readonly postfix: string;
  readonly json?: boolean;
}

/** What is asked without `--lists`: lists that need no registration, of addresses and of domains. */
const usualLists = [
  'zen.spamhaus.org',
  'bl.spamcop.net',
  'psbl.surriel.com',
  'bl.mailspike.net',
  'dnsbl-1.uceprotect.net',
  'list.dnswl.org',
  'dbl.spamhaus.org',
  'multi.surbl.org',
  'multi.uribl.com',
];

/** Subjects that are under way at the same time. */
const concurrency = 50;

export const addDnsbl: AddCommands = (program, { io, action }) => {
  const dnsbl = program
    .command('dnsbl')
    .description('ask block lists, watch over them, and set Postfix up for them');
  const add = (usage: string, description: string, example: string): Command =>
    dnsbl
      .command(usage)
      .description(description)
      .option('--json', 'print one JSON document')
      .addHelpText('after', `\nExample:\n  postern dnsbl ${example}`);
  const lists = [
    '--lists <zones>',
    'zones or ids, with commas between (default: the usual free ones)',
  ] as const;

  dnsSourceOptions(
    add(
      'check <addresses-or-domains...>',
      'say which lists an address, a range or a domain is on',
      'check 88.99.100.10 example.com --lists zen.spamhaus.org,dbl.spamhaus.org\n  postern dnsbl check - < addresses.txt',
    ),
  )
    .option(...lists)
    .option('--cap <count>', 'the most addresses a range may have', '256')
    .action(action((subjects: string[], flags: CheckFlags) => check(io, subjects, flags)));
  dnsSourceOptions(add('health', 'ask the lists for their test points', 'health --lists zen.spamhaus.org'))
    .option(...lists)
    .action(action((flags: CheckFlags) => health(io, flags)));
  add(
    'lists',
    'print the registry: lists that work, and those that must not be used any more',
    'lists',
  ).action(
    action(async ({ json }: { json?: boolean }) => {
      const { deadLists, knownLists, registryDate } = await import('@postern/dnsbl');
      if (json) printJson(io, { date: registryDate, lists: knownLists, dead: deadLists });
      else printLists(io, registryDate, knownLists, deadLists);
      return exitCode.clean;
    }),
  );
  add(
    'emit',
    'print the Postfix settings that ask lists safely',
    'emit --lists zen.spamhaus.org,list.dnswl.org --threshold 3',
  )
    .option(...lists)
    .option('--key <list=key...>', 'the key of a keyed service, for example spamhaus-zen=abc…')
    .option('--threshold <score>', 'the score from which a client is turned away (default: 3)')
    .option('--place <where>', 'postscreen or smtpd (default: postscreen where the version has it)')
    .option('--postfix <version>', 'the Postfix version the settings are for', '3.7')
    .action(action((flags: EmitFlags) => emit(io, flags)));
};

async function check(io: Io, given: readonly string[], flags: CheckFlags): Promise<ExitCode> {
  const cap = positive('--cap', flags.cap);
  const subjects = await readSubjects(io, given, cap);
  if (subjects.length === 0)
    throw new CommandError('usage', 'there is nothing to check: name an address or a domain');
  const results = await withDnsbl(io, flags, (dnsbl) => checkAll(io, dnsbl, subjects));
  const verdicts = results.flatMap((result) => result.verdicts);
  const listed = verdicts.filter(({ status }) => status === 'listed').length;
  const errors = verdicts.filter(({ status }) => status === 'error').length;
  const problems = results.filter(({ problem }) => problem !== undefined).length;
  if (flags.json) printJson(io, { results, listed, errors, problems });
  else printChecks(io, results);
  if (listed > 0) return exitCode.findings;
  if (problems > 0) return exitCode.usage;
  return errors > 0 ? exitCode.unknown : exitCode.clean;
}

/** Addresses and domains, with ranges taken apart. */
async function readSubjects(io: Io, given: readonly string[], cap: number): Promise<string[]> {
  const { expandCidr } = await import('@postern/dnsbl');
  return (await readWords(io, given)).flatMap((word) => {
    if (!word.includes('/')) return [word];
    const range = expandCidr(word, cap);
    if ('problem' in range) throw new CommandError('usage', `${range.problem.message} (--cap ${cap})`);
    return range.addresses;
  });
}

async function checkAll(io: Io, dnsbl: Dnsbl, subjects: readonly string[]): Promise<Checked[]> {
  const results: Checked[] = [];
  let [next, done] = [0, 0];
  const worker = async (): Promise<void> => {
    while (next < subjects.length) {
      const index = next++;
      const subject = subjects[index]!;
      const options = { signal: io.signal };
      results[index] = await (/^[\d.]+$|:/.test(subject)
        ? dnsbl.check(subject, options)
        : dnsbl.checkDomain(subject, options));
      done++;
      if (io.terminal) io.err(`\r${done} of ${subjects.length} checked`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (io.terminal) io.err('\r\u001B[K');
  return results;
}

async function health(io: Io, flags: CheckFlags): Promise<ExitCode> {
  const states = await withDnsbl(io, flags, (dnsbl) => dnsbl.health({ probe: true }));
  if (flags.json) printJson(io, states);
  else printHealth(io, states);
  return states.every(({ state }) => state === 'healthy') ? exitCode.clean : exitCode.findings;
}

async function withDnsbl<T>(
  io: Io,
  { lists, ...source }: CheckFlags,
  use: (dnsbl: Dnsbl) => Promise<T>,
): Promise<T> {
  const { createDnsbl } = await import('@postern/dnsbl');
  return lookUp(io, source, async (resolver) => {
    await using dnsbl = createDnsbl({ resolver, zones: splitLists(lists) });
    return await use(dnsbl);
  });
}

async function emit(io: Io, flags: EmitFlags): Promise<ExitCode> {
  const { defaultPolicy, planBlockLists } = await import('@postern/dnsbl');
  const keys = new Map(
    flags.key?.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
  );
  const { place } = flags;
  if (place !== undefined && place !== 'postscreen' && place !== 'smtpd') {
    throw new CommandError('usage', `--place is postscreen or smtpd, not ${place}`);
  }
  const names = flags.lists === undefined ? defaultPolicy.lists : splitLists(flags.lists);
  const lists = names.map((name): string | PolicyList => {
    const key = typeof name === 'string' ? keys.get(name) : undefined;
    return key === undefined || typeof name !== 'string' ? name : { list: name, key };
  });
  const policy = { lists, threshold: positive('--threshold', flags.threshold ?? '3') };
  try {
    const target = { name: 'main.cf', postfix: flags.postfix };
    const plan = planBlockLists(policy, { target, ...(place && { place }) });
    if (flags.json) printJson(io, plan);
    else printSettings(io, plan);
    return exitCode.clean;
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError('usage', error.message, { cause: error });
    throw error;
  }
}

function splitLists(text: string | undefined): string[] {
  if (text === undefined) return usualLists;
  const lists = text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
  if (lists.length === 0) throw new CommandError('usage', '--lists is empty: name at least one zone');
  return lists;
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new CommandError('usage', `${option} is ${text}: write a whole number above 0`);
}
