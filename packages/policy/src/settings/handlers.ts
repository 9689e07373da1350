import { createResolver, type ClosableResolver } from '@postern/dns';
import { createDnsbl } from '@postern/dnsbl';
import { dnsblHandler } from '../handlers/dnsbl.ts';
import { greylistHandler, greylistIn, memoryGreylist, type GreylistStore } from '../handlers/greylist.ts';
import type { Handler } from '../handlers/handler.ts';
import { rateLimitHandler, type LimitExceeded } from '../handlers/rate-limit.ts';
import { readNetworks } from '../handlers/spf/networks.ts';
import { spfHandler } from '../handlers/spf/spf.ts';
import { memoryCounters, type Counters } from '../limits/counters.ts';
import { openRedis, type RedisClient } from '../limits/redis-client.ts';
import { countersIn } from '../limits/redis-counters.ts';
import type { Action } from '../protocol/action.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { silentLogger, type Logger } from '../server/log.ts';
import type { HandlerSettings, PolicySettings } from './policy-settings.ts';

/** Handlers made from settings, with what they hold open. */
export interface MadeHandlers extends AsyncDisposable {
  readonly handlers: readonly Handler[];
  /** The lists' counters as Prometheus text, where lists are asked. */
  metrics(): string;
  /** Counters and greylist that are in this process, for the handlers that follow these. */
  readonly memory: HandlerMemory;
  close(): Promise<void>;
}

/** What handlers without Redis have seen so far. */
export interface HandlerMemory {
  readonly counters: Counters;
  readonly greylist: GreylistStore;
}

export interface MakeHandlersOptions {
  readonly logger?: Logger;
  readonly onExceeded?: (event: LimitExceeded) => void;
  /** What earlier handlers have seen: with it a change of settings gives nobody a new limit or a new delay. */
  readonly memory?: HandlerMemory;
}

/**
 * Makes the handlers that settings name.
 *
 * @throws PolicyError `no-redis` when the settings name a Redis and the package `redis` is not installed
 */
export async function makeHandlers(
  settings: PolicySettings,
  {
    logger = silentLogger,
    onExceeded,
    memory = { counters: memoryCounters(), greylist: memoryGreylist() },
  }: MakeHandlersOptions = {},
): Promise<MadeHandlers> {
  const open: { close(): Promise<void> }[] = [];
  const metrics: (() => string)[] = [];
  const resolver: ClosableResolver = createResolver(settings.resolver ?? {});
  open.push(resolver);
  let redis: RedisClient | undefined;
  if (settings.redis !== undefined) {
    redis = await openRedis({ url: settings.redis, onTrouble: troubleIn(logger) });
    open.push(redis);
  }

  const make = (each: HandlerSettings): Handler => {
    switch (each.type) {
      case 'spf': {
        const { type: _, recipients, ...options } = each;
        return spfHandler({
          ...options,
          resolver,
          ...(recipients && { perRecipient: (recipient: string) => ownSettings(recipients, recipient) }),
        });
      }
      case 'dnsbl': {
        const dnsbl = createDnsbl({
          resolver,
          zones: each.lists,
          ...(each.threshold !== undefined && { threshold: each.threshold }),
        });
        open.push(dnsbl);
        metrics.push(() => dnsbl.metrics());
        return dnsblHandler({ dnsbl });
      }
      case 'rate-limit': {
        return rateLimitHandler({
          counters: redis ? countersIn(redis) : memory.counters,
          limits: each.limits.map(({ above, ...limit }) => ({ ...limit, ...actionAbove(above) })),
          ...exemptClients(each.exempt),
          onExceeded(event) {
            const { who, used, limit } = event;
            logger.warn(
              { who, used, per: limit.per, count: limit.count, limit: limit.limit, window: limit.window },
              'sending limit reached',
            );
            onExceeded?.(event);
          },
        });
      }
      case 'greylist': {
        const { type: _, exempt, ...options } = each;
        const store = redis ? greylistIn(redis) : memory.greylist;
        return greylistHandler({ ...options, store, ...exemptClients(exempt) });
      }
    }
  };

  const close = async (): Promise<void> => void (await Promise.allSettled(open.map((each) => each.close())));
  try {
    return {
      handlers: settings.handlers.map(make),
      memory,
      metrics: () => metrics.map((print) => print()).join(''),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function ownSettings<T>(recipients: Readonly<Record<string, T>>, recipient: string): T | undefined {
  const address = recipient.toLowerCase();
  return recipients[address] ?? recipients[address.slice(address.lastIndexOf('@'))];
}

function exemptClients(texts: readonly string[] | undefined): {
  exempt?: (request: PolicyRequest) => boolean;
} {
  if (!texts) return {};
  const networks = readNetworks(texts);
  return { exempt: ({ clientAddress }) => clientAddress !== undefined && networks.contains(clientAddress) };
}

function actionAbove(above: 'defer' | 'hold' | 'reject' | undefined): { action?: Action } {
  if (above === 'hold') return { action: { type: 'hold', text: 'sending limit reached' } };
  if (above === 'reject')
    return { action: { type: 'reject', code: 550, enhanced: '5.7.1', text: 'Sending limit reached' } };
  return {};
}

function troubleIn(logger: Logger): (state: 'lost' | 'back', message: string) => void {
  return (state, message) =>
    logger.warn(
      { redis: state },
      state === 'lost'
        ? `Redis cannot be asked: this process counts alone and greylists nobody (${message})`
        : message,
    );
}
