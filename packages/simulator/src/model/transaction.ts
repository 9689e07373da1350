/** How a lookup of the client's name ended. */
export type NameStatus = 'ok' | 'permanent' | 'temporary';

/** Who connects. */
export interface Client {
  readonly address: string;
  /** The name that was verified both ways; without it the resolver of the world is asked, as smtpd would. */
  readonly name?: string | undefined;
  /** The name by PTR alone; the verified name when left out. */
  readonly reverseName?: string | undefined;
  /** `permanent` when no name was found, `temporary` when the lookup failed. */
  readonly nameStatus?: NameStatus | undefined;
  readonly reverseStatus?: NameStatus | undefined;
}

/** A client certificate, as far as access decisions ask for it. */
export interface Certificate {
  /** In the form of `smtpd_tls_fingerprint_digest`, with colons. */
  readonly fingerprint?: string | undefined;
  readonly publicKeyFingerprint?: string | undefined;
  readonly commonName?: string | undefined;
  /** Whether a trusted authority signed it (false). */
  readonly trusted?: boolean | undefined;
}

export interface Tls {
  readonly certificate?: Certificate | undefined;
}

/** A place in the session, as smtpd names it. */
export type Stage =
  'CONNECT' | 'HELO' | 'STARTTLS' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'END-OF-DATA' | 'ETRN' | 'VRFY';

/**
 * What anvil(8) has counted for the client, this session included: rates in one `anvil_rate_time_unit`. What is left out
 * is within its limit. Clients in `smtpd_client_event_limit_exceptions` (as they are: `mynetworks`) have no limits.
 */
export interface Counters {
  /** Connections open at the same time: `smtpd_client_connection_count_limit`, and postscreen's own. */
  readonly connections?: number | undefined;
  /** `smtpd_client_connection_rate_limit` */
  readonly connectionRate?: number | undefined;
  /** MAIL commands: `smtpd_client_message_rate_limit` */
  readonly messageRate?: number | undefined;
  /** RCPT commands, all of this session's: `smtpd_client_recipient_rate_limit` */
  readonly recipientRate?: number | undefined;
  /** TLS handshakes that resumed no earlier session: `smtpd_client_new_tls_session_rate_limit` (2.3 and later) */
  readonly newTlsSessionRate?: number | undefined;
  /** AUTH commands: `smtpd_client_auth_rate_limit` (3.1 and later) */
  readonly authRate?: number | undefined;
}

/** What postscreen(8) knows of the client and has seen of it, where the service is postscreen. */
export interface PostscreenFacts {
  /** It has passed all tests lately and is in the cache. */
  readonly passed?: boolean | undefined;
  /** It spoke before its turn. */
  readonly pregreet?: boolean | undefined;
  /** It sent several commands at once without having been told that it may. */
  readonly pipelining?: boolean | undefined;
  /** It sent something that is no SMTP command. */
  readonly nonSmtpCommand?: boolean | undefined;
  /** It sent a line that ends without a carriage return. */
  readonly bareNewline?: boolean | undefined;
}

/** One SMTP session. */
export interface Transaction {
  /** The service of master.cf that the client reaches: `smtp`, `submission`, `127.0.0.1:10025` (`smtp`). */
  readonly service?: string | undefined;
  readonly client: Client;
  /** The name given with EHLO or HELO; nothing is said when left out. */
  readonly helo?: string | undefined;
  /** False when the greeting is HELO. A text stands for both: the name given with EHLO. */
  readonly ehlo?: boolean | string | undefined;
  /** The SASL login name, after a successful AUTH. */
  readonly user?: string | undefined;
  /** The client encrypts the session, where TLS is offered. */
  readonly tls?: boolean | Tls | undefined;
  /** The sender; the null sender is `''`. Without one there is no MAIL. */
  readonly from?: string | undefined;
  readonly to?: readonly string[] | undefined;
  /** Goes on to DATA and the end of the message. */
  readonly data?: boolean | string | undefined;
  /** What the client says of the size with MAIL, and what the message then has, in bytes. */
  readonly size?: number | undefined;
  readonly etrn?: string | undefined;
  readonly vrfy?: string | undefined;
  /** The stages at which the client had sent more without waiting for the answer. */
  readonly pipelining?: readonly Stage[] | undefined;
  readonly counters?: Counters | undefined;
  readonly postscreen?: PostscreenFacts | undefined;
}
