import type { Change, Plan } from '@postern/plan';
import { parseDomain } from '../domain-name.ts';
import { DeliverabilityError } from '../error.ts';

/** How much is asked of a domain's servers (postconf(5) smtp_tls_policy_maps). */
export type TlsLevel = 'encrypt' | 'dane-only' | 'verify';

export interface RequireTlsOptions {
  /** The policy table as it is, in source form; empty where there is none. */
  readonly table?: string;
  /** smtp_tls_policy_maps as it is. */
  readonly maps?: string;
  /** What the plan is for. */
  readonly target: string;
  /** Where the table goes (`/etc/postfix/tls_policy`). */
  readonly path?: string;
  /** The table's type (`texthash`, which needs no postmap; from Postfix 2.8 on). */
  readonly type?: string;
}
