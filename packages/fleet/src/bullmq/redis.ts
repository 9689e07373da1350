import type { RedisClientType } from 'redis';
import { FleetError } from '../error.ts';

export type Redis = RedisClientType;

/** Where Redis (or Valkey) is, and under which names things lie there. */
export interface RedisPlace {
  /** `redis://user:password@host:port/number`, or `rediss://` for TLS. */
  readonly url: string;
  /** What all keys begin with; `postern` by default. */
  readonly prefix?: string;
}

/**
 * Connects, and from then on again whenever the connection breaks: commands wait until Redis is back.
 *
 * @throws FleetError `missing-package`, or `redis` when nobody answers at first
 */
export async function connectRedis({ url }: RedisPlace): Promise<Redis> {
  const { createClient } = await load(() => import('redis'), 'redis');
  let wasReady = false;
  const client = createClient({
    url,
    socket: {
      noDelay: true,
      connectTimeout: 5000,
      reconnectStrategy: (tries, cause) => (wasReady || tries < 3 ? Math.min(50 * 2 ** tries, 2000) : cause),
    },
  }) as Redis;
  // It tries again by itself; a command that cannot be carried out says so by its own error.
  client.on('error', () => {});
  client.once('ready', () => (wasReady = true));
  try {
    await client.connect();
    return client;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FleetError(
      'redis',
      `${withoutPassword(url)}: Redis does not answer: ${reason}. Check that it runs there.`,
      {
        cause: error,
      },
    );
  }
}

/** Loads an optional package. @throws FleetError `missing-package` */
export async function load<T>(get: () => Promise<T>, name: string): Promise<T> {
  try {
    return await get();
  } catch (error) {
    throw new FleetError(
      'missing-package',
      `${name} is not installed, and a rollout over several machines needs it: npm install bullmq redis`,
      { cause: error },
    );
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@');
}
