/**
 * What a profile cannot read from the configuration. All of it may be absent: what then cannot be planned is
 * left as it is, and a note says which input would change that.
 */
export interface Inputs {
  /** The host's full name, as its PTR record has it; without it `myhostname` stays. */
  readonly hostname?: string;
  /** The certificate chain and its key for STARTTLS; without it the certificate that is configured stays. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Ask for DANE on the way out. Needs a resolver on this host that validates DNSSEC. Default: no. */
  readonly dane?: boolean;
  /**
   * Does this host resolve by itself, without a public or shared resolver? Block lists answer nobody else.
   * Default: not known, and a note says so.
   */
  readonly ownResolver?: boolean;
  /** The key of the Spamhaus Data Query Service; with it the lists are asked by key instead of by address. */
  readonly dqsKey?: string;
  /** Block lists to ask where the configuration asks none. Default: `['zen.spamhaus.org']`; `[]` for none. */
  readonly blockLists?: readonly string[];
  /**
   * May postscreen take the connections on port 25 (2.8 and later), where that takes nothing from anybody? Default: yes,
   * in profiles for mail from strangers.
   */
  readonly postscreen?: boolean;
  /** Where passwords are checked, for AUTH on the submission services. Default: what is configured, else no AUTH. */
  readonly sasl?: { readonly type: 'dovecot' | 'cyrus'; readonly path?: string };
  /**
   * The SPF policy service. Default: the one that is configured is mended; where there is none, policyd-spf as
   * distributions package it is added from Postfix 3.0 on, unless a milter or content filter may check SPF already.
   * `true` adds it in any case; `false` leaves everything as it is. A server of its own, such as that of
   * `@postern/policy`, takes the place of a program under spawn(8).
   */
  readonly spf?: boolean | SpfService | SpfServer;
  /** The host that all mail goes out through (relay-only, null-client). Default: what is configured. */
  readonly smarthost?: Smarthost;
  /** Networks that may relay, besides this host itself: `['192.0.2.0/24']`. Default: what is configured. */
  readonly networks?: readonly string[];
  /** The domains that this host is a backup for (backup-mx). Default: what is configured. */
  readonly relayDomains?: readonly string[];
  /**
   * The table of their recipients, for example `lmdb:/etc/postfix/relay_recipients`. Default: what is configured, else
   * the primary host is asked (reject_unverified_recipient).
   */
  readonly relayRecipients?: string;
  /** What one client may do in a minute. Default: `{ connections: 120, messages: 300, recipients: 600, logins: 20 }`. */
  readonly limits?: false | Partial<ClientLimits>;
}

/** A policy server that runs by itself. */
export interface SpfServer {
  /** As check_policy_service names it: `unix:postern/policy`, `inet:127.0.0.1:10040`. */
  readonly service: string;
}

/** Where all mail goes. */
export interface Smarthost {
  /** As relayhost takes it; brackets keep Postfix from looking for MX records: `[smtp.example.com]:587`. */
  readonly host: string;
  /** The table with login and password, for example `lmdb:/etc/postfix/sasl_passwd`. Without it nobody logs in. */
  readonly passwords?: string;
}

/** A program that spawn(8) runs to answer SPF questions. */
export interface SpfService {
  /** The command line, for example `/usr/bin/policyd-spf`. */
  readonly argv: string;
  /** Default: `policyd-spf` where /etc/passwd has that user, else `nobody`. */
  readonly user?: string;
}

/** For each client address, in a minute (anvil_rate_time_unit); 0 is without limit. */
export interface ClientLimits {
  readonly connections: number;
  readonly messages: number;
  readonly recipients: number;
  readonly logins: number;
}
