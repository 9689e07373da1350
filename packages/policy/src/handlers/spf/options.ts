import type { Resolver } from '@postern/dns';

/** Which results of an identity are refused. */
export type Refuse =
  /** Nothing is refused: the result is only marked. */
  | 'never'
  | 'fail'
  /** Fail and softfail. */
  | 'softfail'
  /** Fail, softfail and neutral. */
  | 'not-pass';

/** `null-sender-fail` refuses a fail of bounces only. */
export type HeloRefuse = Refuse | 'null-sender-fail';

/** Settings that a recipient may have of their own. */
export interface SpfSettings {
  /** The HELO identity: whether it is checked (true), and what is refused (`never`). */
  readonly helo?: {
    readonly check?: boolean;
    readonly refuse?: HeloRefuse;
    /** A restriction, a restriction class or an action of access(5) that smtpd is told when HELO passes. */
    readonly onPass?: string;
  };
  /** The MAIL FROM identity: whether it is checked (true), and what is refused (`never`: hard rejects break forwarding). */
  readonly mailFrom?: { readonly check?: boolean; readonly refuse?: Refuse; readonly onPass?: string };
  /** Refuse only for domains whose record says that they send no mail, `v=spf1 -all` (false). */
  readonly onlyDomainsWithoutMail?: boolean;
  /** Domains (of senders and HELO names) for which all that is not a pass is refused, as with `not-pass`. */
  readonly strictDomains?: readonly string[];
  /** What a broken record comes to where its identity is one that is refused (`accept`). */
  readonly permerror?: 'accept' | 'reject';
  /** What a DNS failure comes to where its identity is one that is refused (`accept`). */
  readonly temperror?: 'accept' | 'defer';
  /** What is prepended (`received-spf`). */
  readonly header?: 'received-spf' | 'authentication-results' | 'none';
}

export interface SpfHandlerOptions extends SpfSettings {
  readonly resolver: Resolver;
  /** This host's name in headers and in the macro %{r}; also the id of Authentication-Results. */
  readonly receiver: string;
  /** Clients that are not checked: addresses and networks (127.0.0.0/8, ::1). */
  readonly skip?: readonly string[];
  /** Forwarders that are trusted, and not checked. */
  readonly trusted?: {
    /** Addresses and networks. */
    readonly clients?: readonly string[];
    /** HELO names; they count only when they resolve to the client's address. */
    readonly helo?: readonly string[];
    /** Domains whose own SPF record names the client. */
    readonly spfDomains?: readonly string[];
    /** Domains that the client's confirmed host name is in. */
    readonly ptrDomains?: readonly string[];
  };
  /** Check as if the mail came from this address: what others will see of our own mail. No header is added then. */
  readonly prospective?: string;
  /** Milliseconds for one identity (20 000, the least that RFC 7208 wants allowed). */
  readonly lookupTime?: number;
  /** Milliseconds for each kind of trust that needs DNS (10 000). */
  readonly trustLookupTime?: number;
  /** Void lookups (RFC 7208, 4.6.4) that are allowed (2). */
  readonly voidLimit?: number;
  /** Answer with 5.7.23, 5.7.24 and 4.7.24 of RFC 7372 in place of Postfix's own 5.7.1 (true). */
  readonly enhancedCodes?: boolean;
  /** Log what would be refused and leave it alone; headers are still added (false). */
  readonly testOnly?: boolean;
  /** Begins the text of a refusal (`Message rejected due to SPF`). */
  readonly reason?: string;
  /** Settings of one recipient, over those of all. */
  readonly perRecipient?: (recipient: string) => SpfSettings | undefined | Promise<SpfSettings | undefined>;
}
