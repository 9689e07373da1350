import { memoryCounters, partsOfWindow, type ChargeResult, type Counters } from './counters.ts';
import { openRedis, type RedisClient, type RedisOptions } from './redis-client.ts';

export interface RedisCountersOptions extends RedisOptions {
  /** Begins every key (`postern:rate:`). */
  readonly prefix?: string;
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
 * Counters in Redis or Valkey that several machines share: together they never let more through than the limit.
 * While Redis cannot be asked this process counts on its own, from what it has let through so far, so that mail
 * goes on and no single machine exceeds the limit.
 *
 * @throws PolicyError `no-redis` when the optional peer dependency `redis` is not installed
 */
export async function redisCounters({
  prefix,
  ...options
}: RedisCountersOptions): Promise<Counters & { close(): Promise<void> }> {
  const redis = await openRedis(options);
  return { ...countersIn(redis, prefix), close: () => redis.close() };
}

/** Counters over a connection that others use too. */
export function countersIn(redis: RedisClient, prefix = 'postern:rate:'): Counters {
  const own = memoryCounters();
  return {
    async charge(charges): Promise<ChargeResult> {
      const keys = charges.map(({ key }) => prefix + key);
      const numbers = [
        partsOfWindow,
        ...charges.flatMap(({ cost, limit, window }) => [cost, limit, window * 1000]),
      ];
      let reply: number[];
      try {
        reply = (await redis.ask((client) =>
          client.eval(script, { keys, arguments: numbers.map(String) }),
        )) as number[];
      } catch {
        return own.charge(charges);
      }
      const [allowed, ...used] = reply;
      if (allowed === 1) {
        await own.charge(charges);
        return { allowed: true, used, exceeded: [] };
      }
      const exceeded = charges.flatMap(({ cost, limit }, index) =>
        used[index]! + cost > limit ? [index] : [],
      );
      return { allowed: false, used, exceeded };
    },
  };
}
