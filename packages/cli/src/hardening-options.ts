import { Option, type Command } from 'commander';
import type { HardenOptions, ProfileName } from '@postern/hardening';
import { CommandError } from './exit.ts';
import type { Io } from './io.ts';
import { isModulePath, loadProfile } from './own-rules.ts';

/** By name here, so that the help and a slip of the pen load no rules. */
export const profileNames: readonly [ProfileName, ...ProfileName[]] = [
  'internet-mx',
  'submission',
  'relay-only',
  'null-client',
  'backup-mx',
];

/** What `postern plan` and `postern apply` take on the command line about the profile and its inputs. */
export interface HardeningFlags {
  /** A name, or the path of a module. */
  readonly profile: string;
  readonly hostname?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly ownResolver?: boolean;
  readonly dane?: boolean;
  readonly dqsKey?: string;
  readonly blockList?: readonly string[];
  readonly blockLists?: boolean;
  readonly sasl?: 'dovecot' | 'cyrus';
  readonly saslPath?: string;
  readonly spf?: boolean;
  readonly spfCommand?: string;
  readonly spfUser?: string;
  readonly spfService?: string;
  readonly postscreen?: boolean;
  readonly smarthost?: string;
  readonly smarthostPasswords?: string;
  readonly network?: readonly string[];
  readonly relayDomain?: readonly string[];
  readonly relayRecipients?: string;
}

/** Adds the options of a profile to a command. */
export function addHardeningOptions(command: Command): Command {
  const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];
  return command
    .option(
      '--profile <name>',
      `what kind of host it shall be: ${profileNames.join(', ')}, or a module such as ./our-profile.mjs`,
      profileNames[0],
    )
    .option('--hostname <name>', "the host's full name, as its PTR record has it")
    .option('--cert <file>', 'certificate chain for TLS, with --key')
    .option('--key <file>', 'private key of the certificate')
    .option('--own-resolver', 'this host resolves by itself, not through a public or shared resolver')
    .option('--dane', 'ask for DANE on the way out; needs a local resolver that validates DNSSEC')
    .option('--dqs-key <key>', 'key of the Spamhaus Data Query Service')
    .option('--block-list <zone>', 'block list to ask where none is configured; may be repeated', collect)
    .option('--no-block-lists', 'add no block list')
    .addOption(new Option('--sasl <type>', 'where passwords are checked').choices(['dovecot', 'cyrus']))
    .option('--sasl-path <path>', 'socket or service of the SASL server')
    .option('--spf', 'check SPF through a policy service')
    .option('--no-spf', 'leave SPF as it is')
    .option('--spf-command <argv>', 'the SPF policy program, for example /usr/bin/policyd-spf')
    .option('--spf-user <user>', 'the user it runs as')
    .option(
      '--spf-service <endpoint>',
      'a policy server that runs by itself, for example inet:127.0.0.1:10040',
    )
    .option('--no-postscreen', 'leave smtpd in front on port 25')
    .option('--smarthost <host>', 'where all mail goes, for example [smtp.example.com]:587')
    .option('--smarthost-passwords <table>', 'login for it, for example lmdb:/etc/postfix/sasl_passwd')
    .option('--network <cidr>', 'network that may relay, besides this host; may be repeated', collect)
    .option('--relay-domain <domain>', 'domain this host is a backup for; may be repeated', collect)
    .option('--relay-recipients <table>', 'table of their recipients');
}

/**
 * The options as the profile takes them.
 *
 * @throws CommandError when they do not fit together
 */
export async function hardenOptions(io: Io, flags: HardeningFlags): Promise<HardenOptions> {
  const { cert, key, sasl, saslPath, spf, spfCommand, spfUser } = flags;
  if ((cert === undefined) !== (key === undefined))
    throw new CommandError('usage', 'give --cert and --key together');
  if (saslPath !== undefined && sasl === undefined)
    throw new CommandError('usage', '--sasl-path needs --sasl');
  if (spfUser !== undefined && spfCommand === undefined)
    throw new CommandError('usage', '--spf-user needs --spf-command');
  if (flags.smarthostPasswords !== undefined && flags.smarthost === undefined)
    throw new CommandError('usage', '--smarthost-passwords needs --smarthost');
  if (spfCommand !== undefined && flags.spfService !== undefined)
    throw new CommandError('usage', 'choose one of --spf-command and --spf-service');
  const spfProgram =
    spfCommand === undefined ? spf : { argv: spfCommand, ...(spfUser !== undefined && { user: spfUser }) };
  const spfService = flags.spfService === undefined ? spfProgram : { service: flags.spfService };
  const blockLists = flags.blockLists === false ? [] : flags.blockList;
  return {
    profile: await findProfile(io, flags.profile),
    ...(flags.hostname !== undefined && { hostname: flags.hostname }),
    ...(cert !== undefined && key !== undefined && { tls: { certificate: cert, key } }),
    ...(flags.ownResolver !== undefined && { ownResolver: flags.ownResolver }),
    ...(flags.dane !== undefined && { dane: flags.dane }),
    ...(flags.dqsKey !== undefined && { dqsKey: flags.dqsKey }),
    ...(blockLists !== undefined && { blockLists }),
    ...(sasl !== undefined && { sasl: { type: sasl, ...(saslPath !== undefined && { path: saslPath }) } }),
    ...(spfService !== undefined && { spf: spfService }),
    ...(flags.postscreen === false && { postscreen: false }),
    ...(flags.smarthost !== undefined && {
      smarthost: {
        host: flags.smarthost,
        ...(flags.smarthostPasswords !== undefined && { passwords: flags.smarthostPasswords }),
      },
    }),
    ...(flags.network && { networks: flags.network }),
    ...(flags.relayDomain && { relayDomains: flags.relayDomain }),
    ...(flags.relayRecipients !== undefined && { relayRecipients: flags.relayRecipients }),
  };
}

async function findProfile(io: Io, name: string): Promise<HardenOptions['profile']> {
  const known = profileNames.find((each) => each === name);
  if (known !== undefined) return known;
  if (isModulePath(name)) return loadProfile(io, name);
  throw new CommandError(
    'usage',
    `--profile ${name}: there is no such profile. Choose one of ${profileNames.join(', ')}, or name a module such as ./our-profile.mjs`,
  );
}
