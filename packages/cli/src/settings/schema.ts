import { z } from 'zod';
import { isDay } from './day.ts';
import type { PosternConfig, TargetSettings } from './config.ts';
import { versionPattern } from '../postfix-version.ts';

const text = z.string().min(1);
const texts = z.array(text);

const settings: { [K in keyof Required<TargetSettings>]: z.ZodType<TargetSettings[K]> } = {
  postfix: z
    .string()
    .regex(versionPattern, { error: 'is no Postfix version; write for example "3.7.11"' })
    .optional()
    .describe('The Postfix version that reads the configuration.'),
  profile: text.optional().describe('A profile by its name, one of "profiles", or the path of a module.'),
  hostname: text.optional().describe("The host's full name, as its PTR record has it."),
  cert: text.optional().describe('Certificate chain for TLS, as a path on the host; with key.'),
  key: text.optional().describe('Private key of the certificate, as a path on the host.'),
  identity: texts.optional().describe('Private keys to log in with, from the folder of this file.'),
  knownHosts: text.optional().describe('The known_hosts file to go by.'),
  jump: text.optional().describe('Hosts to go through, user@host:port, separated by commas.'),
  sshConfig: z
    .union([text, z.literal(false)])
    .optional()
    .describe('Configuration of ssh to go by; false for none.'),
  configDirectory: text.optional().describe('Configuration folder of one of several Postfix instances.'),
  ownResolver: z.boolean().optional().describe('The host resolves by itself.'),
  dane: z.boolean().optional().describe('Ask for DANE on the way out.'),
  dqsKey: text.optional().describe('Key of the Spamhaus Data Query Service.'),
  blockList: texts.optional().describe('Block lists to ask where none is configured.'),
  blockLists: z.boolean().optional().describe('false: add no block list.'),
  sasl: z.enum(['dovecot', 'cyrus']).optional().describe('Where passwords are checked.'),
  saslPath: text.optional().describe('Socket or service of the SASL server.'),
  spf: z.boolean().optional().describe('Check SPF through a policy service, or leave SPF as it is.'),
  spfCommand: text.optional().describe('The SPF policy program.'),
  spfUser: text.optional().describe('The user it runs as.'),
  spfService: text.optional().describe('A policy server that runs by itself.'),
  postscreen: z.boolean().optional().describe('false: leave smtpd in front on port 25.'),
  smarthost: text.optional().describe('Where all mail goes.'),
  smarthostPasswords: text.optional().describe('Table with the login for it.'),
  network: texts.optional().describe('Networks that may relay, besides the host.'),
  relayDomain: texts.optional().describe('Domains the host is a backup for.'),
  relayRecipients: text.optional().describe('Table of their recipients.'),
  interfaces: text.optional().describe("The host's addresses, as 192.0.2.25/24,2001:db8::25/64."),
};

const allowed = z.strictObject({
  rule: text.describe("The rule's id, as the audit prints it."),
  until: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, { error: 'is no day; write it as "2027-01-31"', abort: true })
    .refine(isDay, { error: 'is a day that there is not' })
    .describe('The last day on which it holds.'),
  because: text.describe('Why it is allowed.'),
  file: z.enum(['main.cf', 'master.cf']).optional().describe('Either when left out.'),
  name: text.optional().describe('Only where the finding is about this parameter or service.'),
});

const suppressions = z.array(allowed).optional();

/** A name that is no folder, no address and no option by mistake. */
const name = z.string().regex(/^(?!local$)[A-Za-z0-9][\w.-]*$/, {
  error: 'is no name for a target: write letters, digits, "-", "_" and ".", and not "local"',
});

const target = z.strictObject({
  at: text.describe('"local", "ssh://user@host:port", or a folder, from the folder of this file.'),
  suppressions: suppressions.describe('Findings that you allow on this target.'),
  ...settings,
});

const config = z.strictObject({
  $schema: z.string().optional().describe('Where this schema is, for editors.'),
  targets: z
    .record(name, z.union([text, target]))
    .optional()
    .describe('Hosts and folders by name; commands take the name for a TARGET.'),
  defaults: z.strictObject(settings).optional().describe('For every target, unless it says otherwise.'),
  profiles: z.record(z.string(), text).optional().describe('Profiles of your own by name: modules.'),
  rules: texts.optional().describe('Modules with rules of your own.'),
  suppressions: suppressions.describe('Findings that you allow on every target.'),
});

/** The shape of the configuration file: the one source of its checks and of its JSON Schema. */
export const configSchema: z.ZodType<PosternConfig> = config;

/** Every word that can stand before a colon in it, for suggestions. */
export const settingNames: readonly string[] = [config, target, allowed].flatMap(({ shape }) =>
  Object.keys(shape),
);
