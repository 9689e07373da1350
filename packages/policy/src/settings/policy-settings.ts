import type { ResolverOptions } from '@postern/dns';
import type { RateLimit } from '../handlers/rate-limit.ts';
import type { SpfHandlerOptions } from '../handlers/spf/options.ts';

/** What a policy server is told in its settings file. Plain JSON data. */
export interface PolicySettings {
  /** Where DNS questions go; the system's servers unless told. */
  readonly resolver?: Pick<ResolverOptions, 'servers' | 'timeout' | 'deadline'>;
  /** Where counters and greylists are shared, for example `redis://127.0.0.1:6379`; in this process unless told. */
  readonly redis?: string;
  readonly dryRun?: boolean;
  /** Where figures are served over HTTP: `127.0.0.1:9154` or `unix:PATH`. */
  readonly metrics?: string;
  /** In the order in which they are asked. */
  readonly handlers: readonly HandlerSettings[];
}

export type HandlerSettings =
  | ({ readonly type: 'spf' } & Omit<SpfHandlerOptions, 'resolver' | 'perRecipient'> & {
        /** Settings of single recipients, by address or by `@domain`. */
        readonly recipients?: Readonly<Record<string, RecipientSpf>>;
      })
  | { readonly type: 'dnsbl'; readonly lists: readonly string[]; readonly threshold?: number }
  | {
      readonly type: 'rate-limit';
      readonly limits: readonly RateLimitSettings[];
      readonly exempt?: readonly string[];
    }
  | {
      readonly type: 'greylist';
      readonly delay?: number;
      readonly retryWindow?: number;
      readonly maxAge?: number;
      readonly allowClientAfter?: number;
      /** Clients that are never delayed: addresses and networks. */
      readonly exempt?: readonly string[];
    };

export type RecipientSpf = Pick<
  SpfHandlerOptions,
  'helo' | 'mailFrom' | 'onlyDomainsWithoutMail' | 'strictDomains' | 'permerror' | 'temperror' | 'header'
>;

export type RateLimitSettings = Omit<RateLimit, 'action'> & { readonly above?: 'defer' | 'hold' | 'reject' };
