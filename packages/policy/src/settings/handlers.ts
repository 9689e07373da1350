import { createResolver, redisStore, type ClosableResolver } from '@postern/dns';
import { createDnsbl } from '@postern/dnsbl';
import { dnsblHandler } from '../handlers/dnsbl.ts';
import { greylistHandler, memoryGreylist, type GreylistStore } from '../handlers/greylist.ts';
import type { Handler } from '../handlers/handler.ts';
import { rateLimitHandler, type LimitExceeded } from '../handlers/rate-limit.ts';
import { readNetworks } from '../handlers/spf/networks.ts';
import { spfHandler } from '../handlers/spf/spf.ts';
import { memoryCounters, type Counters } from '../limits/counters.ts';
import { redisCounters } from '../limits/redis-counters.ts';
import type { Action } from '../protocol/action.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import type { Logger } from '../server/log.ts';
import type { HandlerSettings, PolicySettings } from './settings.ts';

/** Handlers made from settings, with what they hold open. */
export interface MadeHandlers extends AsyncDisposable {
  readonly handlers: readonly Handler[];
  /** The lists' counters as Prometheus text, where lists are asked. */
  metrics(): string;
  close(): Promise<void>;
}

/**
 * Makes the handlers that settings name. Counters and greylists that are in this process survive a change of
 * settings only when they are passed on as `previous`.
 */
export async function makeHandlers(
  settings: PolicySettings,
  { logger, onExceeded }: { readonly logger: Logger; readonly onExceeded?: (event: LimitExceeded) => void },
): Promise<MadeHandlers> {
  const open: { close(): Promise<void> }[] = [];
  const metrics: (() => string)[] = [];
  const resolver: ClosableResolver = createResolver(settings.resolver ?? {});
  open.push(resolver);
  let counters: Counters | undefined;

  const make = async (each: HandlerSettings): Promise<Handler> => {
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
        counters ??= await makeCounters(settings.redis, logger);
        open.push(counters);
        return rateLimitHandler({
          counters,
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
        const store = await makeStore(settings.redis);
        open.push(store);
        return greylistHandler({ ...options, store, ...exemptClients(exempt) });
      }
    }
  };

  const close = async (): Promise<void> => void (await Promise.allSettled(open.map((each) => each.close())));
  try {
    const handlers: Handler[] = [];
    for (const each of settings.handlers) handlers.push(await make(each));
    return {
      handlers,
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

async function makeCounters(redis: string | undefined, logger: Logger): Promise<Counters> {
  if (redis === undefined) return memoryCounters();
  return redisCounters({
    url: redis,
    onTrouble: (state, message) =>
      logger.warn(
        { redis: state },
        state === 'lost' ? `Redis cannot be asked, so this process counts alone: ${message}` : message,
      ),
  });
}

async function makeStore(redis: string | undefined): Promise<GreylistStore & { close(): Promise<void> }> {
  if (redis === undefined) return { ...memoryGreylist(), close: () => Promise.resolve() };
  const store = await redisStore({ url: redis, prefix: 'postern:greylist:' });
  return {
    get: (key) => store.get(key),
    set: (key, value, ttl) => store.set(key, value, ttl * 1000),
    close: () => store.close(),
  };
}
