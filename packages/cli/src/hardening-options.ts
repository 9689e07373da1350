import { Option, type Command } from 'commander';
import type { HardenOptions, ProfileName } from '@postern/hardening';
import { CommandError } from './exit.ts';

/** By name here, so that the help and a slip of the pen load no rules. */
const profileNames = ['internet-mx'] as const satisfies readonly ProfileName[];

/** What `postern plan` and `postern apply` take on the command line about the profile and its inputs. */
export interface HardeningFlags {
  readonly profile: ProfileName;
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
}

/** Adds the options of a profile to a command. */
export function addHardeningOptions(command: Command): Command {
  const collect = (value: string, all: readonly string[] = []): readonly string[] => [...all, value];
  return command
    .addOption(
      new Option('--profile <name>', 'what kind of host it shall be')
        .choices(profileNames)
        .default(profileNames[0]),
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
    .option('--spf-user <user>', 'the user it runs as');
}

/**
 * The options as the profile takes them.
 *
 * @throws CommandError when they do not fit together
 */
export function hardenOptions(flags: HardeningFlags): HardenOptions {
  const { cert, key, sasl, saslPath, spf, spfCommand, spfUser } = flags;
  if ((cert === undefined) !== (key === undefined))
    throw new CommandError('usage', 'give --cert and --key together');
  if (saslPath !== undefined && sasl === undefined)
    throw new CommandError('usage', '--sasl-path needs --sasl');
  if (spfUser !== undefined && spfCommand === undefined)
    throw new CommandError('usage', '--spf-user needs --spf-command');
  const spfService =
    spfCommand === undefined ? spf : { argv: spfCommand, ...(spfUser !== undefined && { user: spfUser }) };
  const blockLists = flags.blockLists === false ? [] : flags.blockList;
  return {
    profile: flags.profile,
    ...(flags.hostname !== undefined && { hostname: flags.hostname }),
    ...(cert !== undefined && key !== undefined && { tls: { certificate: cert, key } }),
    ...(flags.ownResolver !== undefined && { ownResolver: flags.ownResolver }),
    ...(flags.dane !== undefined && { dane: flags.dane }),
    ...(flags.dqsKey !== undefined && { dqsKey: flags.dqsKey }),
    ...(blockLists !== undefined && { blockLists }),
    ...(sasl !== undefined && { sasl: { type: sasl, ...(saslPath !== undefined && { path: saslPath }) } }),
    ...(spfService !== undefined && { spf: spfService }),
  };
}
