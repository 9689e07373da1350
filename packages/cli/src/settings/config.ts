/** What `postern.config.ts`, `.mjs` or `.json` says; checked against a schema when it is read. */
export interface PosternConfig {
  /** For editors: where the JSON Schema is. */
  readonly $schema?: string | undefined;
  /** Hosts and folders by name; commands take the name for a TARGET. */
  readonly targets?: Readonly<Record<string, string | TargetConfig>> | undefined;
  /** For every TARGET, unless it says otherwise. */
  readonly defaults?: TargetSettings | undefined;
  /** Profiles of your own by name: the path of a module, from the folder of this file. */
  readonly profiles?: Readonly<Record<string, string>> | undefined;
  /** Modules with rules of your own, from the folder of this file. */
  readonly rules?: readonly string[] | undefined;
  /** Findings that you allow on every TARGET. */
  readonly suppressions?: readonly AllowedFinding[] | undefined;
}

/** One TARGET. */
export interface TargetConfig extends TargetSettings {
  /** `local`, `ssh://user@host:port`, or a folder, from the folder of this file. */
  readonly at: string;
  /** Findings that you allow on this TARGET. */
  readonly suppressions?: readonly AllowedFinding[] | undefined;
}

/** A finding that you allow, for a reason and for a time. */
export interface AllowedFinding {
  readonly rule: string;
  /** The last day on which it holds, as `2027-01-31`. */
  readonly until: string;
  readonly because: string;
  /** `main.cf` or `master.cf`; either when left out. */
  readonly file?: string | undefined;
  /** Only where the finding is about this parameter or service. */
  readonly name?: string | undefined;
}

/** Options of the command line that hold for a TARGET, by the same names. */
export interface TargetSettings {
  readonly postfix?: string | undefined;
  readonly profile?: string | undefined;
  readonly hostname?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly identity?: readonly string[] | undefined;
  readonly knownHosts?: string | undefined;
  readonly jump?: string | undefined;
  readonly sshConfig?: string | false | undefined;
  readonly configDirectory?: string | undefined;
  readonly ownResolver?: boolean | undefined;
  readonly dane?: boolean | undefined;
  readonly dqsKey?: string | undefined;
  readonly blockList?: readonly string[] | undefined;
  readonly blockLists?: boolean | undefined;
  readonly sasl?: 'dovecot' | 'cyrus' | undefined;
  readonly saslPath?: string | undefined;
  readonly spf?: boolean | undefined;
  readonly spfCommand?: string | undefined;
  readonly spfUser?: string | undefined;
  readonly spfService?: string | undefined;
  readonly postscreen?: boolean | undefined;
  readonly smarthost?: string | undefined;
  readonly smarthostPasswords?: string | undefined;
  readonly network?: readonly string[] | undefined;
  readonly relayDomain?: readonly string[] | undefined;
  readonly relayRecipients?: string | undefined;
  readonly interfaces?: string | undefined;
}

/**
 * Gives a configuration its type, so that an editor completes and checks it:
 *
 *     export default defineConfig({ targets: { mail: 'ssh://root@mail.example.com' } });
 */
export function defineConfig(config: PosternConfig): PosternConfig {
  return config;
}
