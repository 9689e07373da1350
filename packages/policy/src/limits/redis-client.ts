import type { createClient } from 'redis';
import { PolicyError } from '../server/error.ts';

export interface RedisOptions {
  /** For example `redis://127.0.0.1:6379` or `unix:///run/redis/redis.sock`. */
  readonly url: string;
  /** Milliseconds Redis may take for one question (50). */
  readonly patience?: number;
  /** Told once when Redis fails and once when it is back. */
  readonly onTrouble?: (state: 'lost' | 'back', message: string) => void;
}

type Client = ReturnType<typeof createClient>;

/** A connection to Redis that never keeps mail waiting. */
export interface RedisClient {
  /** Asks Redis; rejects when it is away or does not answer within its patience. */
  ask<T>(question: (client: Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Connects to Redis or Valkey, and connects again by itself. A server that is down at the start is the same trouble
 * as one that goes down later.
 *
 * @throws PolicyError `no-redis` when the optional peer dependency `redis` is not installed
 */
export async function openRedis({ url, patience = 50, onTrouble }: RedisOptions): Promise<RedisClient> {
  const { createClient: create } = await import('redis').catch((cause: unknown) => {
    throw new PolicyError('no-redis', 'limits shared in Redis need the package "redis": npm install redis', {
      cause,
    });
  });
  let closed = false;
  const client: Client = create({
    url,
    disableOfflineQueue: true,
    socket: {
      reconnectStrategy: (tries: number) => !closed && Math.min(50 * 2 ** Math.min(tries, 10), 2000),
      connectTimeout: 2000,
    },
  });
  let lost = false;
  const note = (state: 'lost' | 'back', message: string): void => {
    if (lost === (state === 'lost')) return;
    lost = state === 'lost';
    onTrouble?.(state, message);
  };
  client.on('error', (error: Error) => note('lost', reasonOf(error)));
  // A client that is destroyed while it connects would go on and keep the process alive: it is let connect first.
  client.on('ready', () => {
    if (closed) client.destroy();
  });
  void client.connect().catch((error: Error) => note('lost', reasonOf(error)));

  return {
    async ask(question) {
      let timer: NodeJS.Timeout | undefined;
      try {
        const answer = await Promise.race([
          question(client),
          new Promise<never>((_, reject) => {
            timer = setTimeout(
              () => reject(new Error(`Redis gave no answer within ${patience} ms`)),
              patience,
            );
          }),
        ]);
        note('back', 'Redis answers again');
        return answer;
      } catch (error) {
        note('lost', reasonOf(error));
        throw error;
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      closed = true;
      if (client.isReady) client.destroy();
      else client.unref();
    },
  };
}

/** A refused connection to several addresses is an AggregateError without a message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  return error instanceof Error ? error.message || error.name : String(error);
}
