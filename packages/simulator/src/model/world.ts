import type { Resolver } from '@postern/dns';
import type { Lookup } from '../tables/table.ts';

/** An address of a network interface. */
export interface Interface {
  readonly address: string;
  /** Leading bits of its network. */
  readonly prefix: number;
}

/** What verify(8) found out about an address. */
export interface Verification {
  readonly status: 'deliverable' | 'undeliverable' | 'deferred' | 'in-progress';
  /** What the probe was told. */
  readonly why?: string | undefined;
}

/** What a policy server is asked, as name and value. */
export type PolicyRequest = Readonly<Record<string, string>>;

type Sooner<T> = T | Promise<T>;

/** What is outside the configuration. What is left out is unknown, and a verdict that needs it says so. */
export interface World {
  readonly resolver?: Resolver | undefined;
  /** The host's addresses (127.0.0.1/8 and ::1/128). */
  readonly interfaces?: readonly Interface[] | undefined;
  /** What gethostname(2) says (`localhost`). */
  readonly hostname?: string | undefined;
  /** The system's users, for `unix:passwd.byname`; without them /etc/passwd is read, if there is one. */
  readonly users?: readonly string[] | undefined;
  /** The action of a policy server, for example `DUNNO`. */
  readonly policy?: ((server: string, request: PolicyRequest) => Sooner<string | undefined>) | undefined;
  /** Answers for tables whose content is in no file (sql, ldap, tcp, …). */
  readonly tables?: ((table: string, key: string) => Sooner<Lookup | undefined>) | undefined;
  /** Answers for reject_unverified_sender and reject_unverified_recipient. */
  readonly verify?: ((address: string) => Sooner<Verification | undefined>) | undefined;
  /** What a milter does with a session: an SMTP reply, or undefined to let it pass. */
  readonly milter?: ((milter: string, stage: string) => Sooner<MilterAnswer | undefined>) | undefined;
  /** What `stress` is when the server is under load (empty). */
  readonly stress?: string | undefined;
}

/** What a milter says of a stage: `continue`, or a reply such as `550 5.7.1 Spam`. */
export type MilterAnswer = 'continue' | (string & {});
