import { DnsError } from '../error.ts';
import type { Store } from './store.ts';

export interface RedisStoreOptions {
  /** `redis://127.0.0.1:6379`, `rediss://…` for TLS; a Valkey server does as well. */
  readonly url: string;
  /** Put before every key (`postern:dns:`), so that several uses may share one server. */
  readonly prefix?: string;
}

export interface RedisStore extends Store, AsyncDisposable {
  close(): Promise<void>;
}

/** Commands that may wait for a server that does not answer. */
const longestQueue = 1_000;
/** The longest pause before the next attempt to connect, in ms. */
const longestPause = 2_000;

/**
 * A store in Redis or Valkey. It connects, and connects again, on its own; while it is not connected there is simply
 * nothing in it.
 *
 * @throws DnsError no-redis when the package `redis` is not installed
 */
export async function redisStore({ url, prefix = 'postern:dns:' }: RedisStoreOptions): Promise<RedisStore> {
  const { createClient } = await import('redis').catch((cause: unknown) => {
    throw new DnsError('no-redis', 'a store in Redis needs the package "redis": npm install redis', {
      cause,
    });
  });
  let closed = false;
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: longestQueue,
    socket: {
      connectTimeout: longestPause,
      reconnectStrategy: (retries) => !closed && Math.min(50 * 2 ** Math.min(retries, 10), longestPause),
    },
  });
  // Each command fails on its own; without a listener the client would throw.
  client.on('error', () => {});
  // A client that is destroyed while it connects would go on and keep the process alive: it is let connect first.
  client.on('ready', () => {
    if (closed) client.destroy();
  });
  client.connect().catch(() => {});
  const close = async (): Promise<void> => {
    closed = true;
    if (client.isReady) client.destroy();
    else client.unref();
  };
  return {
    async get(key) {
      return client.isReady ? ((await client.get(prefix + key)) ?? undefined) : undefined;
    },
    async set(key, value, lifetime) {
      if (client.isReady)
        await client.set(prefix + key, value, { expiration: { type: 'PX', value: lifetime } });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
