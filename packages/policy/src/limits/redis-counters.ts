import type { createClient } from 'redis';
import { memoryCounters, partsOfWindow, type ChargeResult, type Counters } from './counters.ts';

export interface RedisCountersOptions {
  /** For example `redis://127.0.0.1:6379` or `unix:///run/redis/redis.sock`. */
  readonly url: string;
  /** Begins every key (`postern:rate:`). */
  readonly prefix?: string;
  /** Milliseconds Redis may take; after that this process counts on its own (50). */
  readonly patience?: number;
  /** Told once when Redis fails and once when it is back. */
  readonly onTrouble?: (state: 'lost' | 'back', message: string) => void;
}

/**
 * All charges or none, in one step that Redis runs alone: sums the parts of each window that still count,
 * and adds only when every sum stays within its limit. The time is Redis's, so that the clocks of several
 * machines do not matter.
 */
const script = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local parts = tonumber(ARGV[1])
local used, allowed, current = {}, 1, {}
for i, key in ipairs(KEYS) do
  local cost, limit, window = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3]), tonumber(ARGV[i * 3 + 1])
  current[i] = math.floor(now / (window / parts))
  local sum, counts = 0, redis.call('HGETALL', key)
  for j = 1, #counts, 2 do
    if tonumber(counts[j]) < current[i] - parts then redis.call('HDEL', key, counts[j])
    else sum = sum + tonumber(counts[j + 1]) end
  end
  used[i] = sum
  if sum + cost > limit then allowed = 0 end
end
if allowed == 1 then
  for i, key in ipairs(KEYS) do
    local cost, window = tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3 + 1])
    redis.call('HINCRBY', key, current[i], cost)
    redis.call('PEXPIRE', key, window + math.ceil(window / parts))
    used[i] = used[i] + cost
  end
end
table.insert(used, 1, allowed)
return used
`;

/**
 * Counters in Redis or Valkey that several machines share: together they never let more through than the
 * limit. While Redis cannot be asked this process counts on its own, so that mail goes on.
 *
 * @throws when the optional peer dependency `redis` is not installed
 */
export async function redisCounters(options: RedisCountersOptions): Promise<Counters> {
  const { prefix = 'postern:rate:', patience = 50, onTrouble } = options;
  const { createClient: create } = await import('redis');
  const client: ReturnType<typeof createClient> = create({
    url: options.url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: (tries: number) => Math.min(50 * 2 ** tries, 2000), connectTimeout: 2000 },
  });
  const own = memoryCounters();
  let lost = false;
  const note = (state: 'lost' | 'back', message: string): void => {
    if (lost === (state === 'lost')) return;
    lost = state === 'lost';
    onTrouble?.(state, message);
  };
  client.on('error', (error: Error) => note('lost', error.message));
  // A server that is down at the start is the same trouble as one that goes down later: reconnecting goes on.
  void client.connect().catch((error: Error) => note('lost', error.message));

  return {
    async charge(charges): Promise<ChargeResult> {
      let timer: NodeJS.Timeout | undefined;
      try {
        const reply = (await Promise.race([
          client.eval(script, {
            keys: charges.map(({ key }) => prefix + key),
            arguments: [
              String(partsOfWindow),
              ...charges.flatMap(({ cost, limit, window }) => [
                String(cost),
                String(limit),
                String(window * 1000),
              ]),
            ],
          }),
          new Promise<never>((_, reject) => {
            timer = setTimeout(() => reject(new Error(`no answer within ${patience} ms`)), patience);
          }),
        ])) as number[];
        note('back', 'Redis answers again');
        const [allowed, ...used] = reply;
        const exceeded = charges.flatMap(({ cost, limit }, index) =>
          used[index]! + cost > limit ? [index] : [],
        );
        return allowed === 1 ? { allowed: true, used, exceeded: [] } : { allowed: false, used, exceeded };
      } catch (error) {
        note('lost', error instanceof Error ? error.message : String(error));
        return own.charge(charges);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      if (client.isOpen) client.destroy();
      await own.close();
    },
  };
}
