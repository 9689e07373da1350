import { chmod, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { RecordPlan } from '@postern/deliverability';
import { CommandError, exitCode, type ExitCode } from '../exit.ts';
import { printJson, type Io } from '../io.ts';
import type { AddCommands } from '../program.ts';

interface Flags {
  readonly spf?: string;
  readonly dmarc?: string;
  readonly dmarcReports?: readonly string[];
  readonly mtaSts?: string;
  readonly mx?: readonly string[];
  readonly id?: string;
  readonly tlsReports?: readonly string[];
  readonly dkim?: string;
  readonly dkimType: string;
  readonly keyFile?: string;
  readonly caa?: readonly string[];
  readonly tlsa?: string;
  readonly tlsaHost?: string;
  readonly reverse?: readonly string[];
  readonly nullMx?: true;
  readonly ttl?: string;
  readonly form: string;
  readonly json?: boolean;
}

const forms = ['zone', 'dnscontrol', 'terraform', 'json'] as const;

export const addRecords: AddCommands = (program, { io, action }) => {
  program
    .command('records')
    .description('write DNS records ready to publish, and the files that go with them')
    .argument('<domain>', 'the mail domain')
    .option('--spf <record>', 'the SPF record: "v=spf1 mx -all"')
    .option('--dmarc <policy>', 'a DMARC record: none, quarantine or reject')
    .option('--dmarc-reports <mailboxes...>', 'who gets the aggregate reports')
    .option('--mta-sts <mode>', 'an MTA-STS record and its policy file: testing, enforce or none')
    .option('--mx <hosts...>', 'the MX hosts of the policy')
    .option('--id <id>', 'the id of the MTA-STS record (default: the time, to the second)')
    .option('--tls-reports <mailboxes...>', 'who gets TLS reports')
    .option('--dkim <selector>', 'a new DKIM key pair for this selector')
    .option('--dkim-type <type>', 'rsa (2048 bits) or ed25519', 'rsa')
    .option('--key-file <file>', 'where the private DKIM key goes (must not be there yet; mode 0600)')
    .option('--caa <authorities...>', 'who may issue certificates; ";" for nobody')
    .option('--tlsa <certificate>', 'a PEM certificate to pin (DANE)')
    .option('--tlsa-host <name>', 'the MX host that shows it')
    .option('--reverse <address=name...>', 'reverse-zone lines')
    .option('--null-mx', 'the domain takes no mail')
    .option('--ttl <seconds>', 'how long they may be kept (3600)')
    .option('--form <form>', forms.join(', '), 'zone')
    .option('--json', 'print one JSON document: records and files')
    .addHelpText(
      'after',
      '\nExamples:\n  postern records example.com --spf "v=spf1 mx -all" --dmarc none --dmarc-reports dmarc@example.com\n' +
        '  postern records example.com --dkim s2026 --key-file s2026.key --form terraform',
    )
    .action(action((domain: string, flags: Flags) => run(io, domain, flags)));
};

async function run(io: Io, domain: string, flags: Flags): Promise<ExitCode> {
  const form = oneOf('--form', flags.form, forms);
  const plan = readPlan(io, domain, flags);
  if (plan.dkim && flags.keyFile === undefined) {
    throw new CommandError('usage', '--dkim makes a private key: say where it goes with --key-file');
  }
  const { DeliverabilityError, makeRecords, printRecords } = await import('@postern/deliverability');
  const made = await makeRecords(plan).catch((error: unknown) => {
    if (error instanceof DeliverabilityError)
      throw new CommandError('usage', error.message, { cause: error });
    throw error;
  });
  const { records, files } = made;
  if (records.length === 0)
    throw new CommandError('usage', 'nothing to write: ask for a record, such as --dmarc none');
  for (const { content, secret } of files)
    if (secret && flags.keyFile !== undefined) await writeSecret(io, flags.keyFile, content);
  const shown = files.filter(({ secret }) => !secret);
  if (flags.json) printJson(io, { records, files: shown });
  else {
    io.out(printRecords(records, form, made.domain));
    for (const { path, content } of shown) io.err(`\n# ${path}\n${content}`);
  }
  return exitCode.clean;
}

function readPlan(io: Io, domain: string, flags: Flags): RecordPlan {
  const policies = ['none', 'quarantine', 'reject'] as const;
  return {
    domain,
    ...(flags.spf === undefined ? {} : { spf: flags.spf }),
    ...(flags.dmarc === undefined
      ? {}
      : {
          dmarc: {
            policy: oneOf('--dmarc', flags.dmarc, policies),
            ...(flags.dmarcReports ? { reports: flags.dmarcReports } : {}),
          },
        }),
    ...(flags.mtaSts === undefined
      ? {}
      : {
          mtaSts: {
            mode: oneOf('--mta-sts', flags.mtaSts, ['testing', 'enforce', 'none']),
            mx: flags.mx ?? [],
            id: flags.id ?? new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14),
          },
        }),
    ...(flags.tlsReports ? { tlsReports: flags.tlsReports } : {}),
    ...(flags.dkim === undefined
      ? {}
      : { dkim: { selector: flags.dkim, type: oneOf('--dkim-type', flags.dkimType, ['rsa', 'ed25519']) } }),
    ...(flags.caa ? { caa: flags.caa.filter((authority) => authority !== ';') } : {}),
    ...(flags.tlsa === undefined
      ? {}
      : { tlsa: { host: flags.tlsaHost ?? domain, certificate: readCertificate(io, flags.tlsa) } }),
    ...(flags.reverse ? { reverse: Object.fromEntries(flags.reverse.map(readReverse)) } : {}),
    ...(flags.nullMx ? { nullMx: true } : {}),
    ...(flags.ttl === undefined ? {} : { ttl: readTtl(flags.ttl) }),
  };
}

function readReverse(pair: string): [string, string] {
  const [address, name] = pair.split('=');
  if (!address || !name) throw new CommandError('usage', `--reverse ${pair}: write address=name`);
  return [address, name];
}

function readTtl(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new CommandError('usage', `--ttl ${text}: give a number of seconds`);
  return Number(text);
}

function readCertificate(io: Io, file: string): Uint8Array {
  try {
    return readFileSync(resolve(io.cwd, file));
  } catch (cause) {
    throw new CommandError(
      'unknown',
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

async function writeSecret(io: Io, file: string, content: string): Promise<void> {
  const path = resolve(io.cwd, file);
  await writeFile(path, content, { flag: 'wx', mode: 0o600 }).catch((cause: NodeJS.ErrnoException) => {
    const why =
      cause.code === 'EEXIST' ? 'it is there already, and a key is never written over' : cause.message;
    throw new CommandError('unknown', `${file} cannot be written: ${why}`, { cause });
  });
  // The file's mode went through the umask, which may have taken more away than it should.
  await chmod(path, 0o600);
  io.err(`The private key is in ${file}; give it to the signing service and to nobody else.\n`);
}

function oneOf<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined)
    throw new CommandError('usage', `${option} ${value}: choose one of ${allowed.join(', ')}`);
  return found;
}
