import { isFailure, type HostBegun, type HostEnded } from '../rollout/event.ts';
import type { Keys } from './keys.ts';
import { lastingly } from './lasting.ts';
import type { Redis } from './redis.ts';

/**
 * Whether a worker may begin a host. Decided where all workers look, in one step with writing it down: after the
 * failure that is one too many nobody is begun, whoever asks.
 *
 * `go-on`: it was begun before by somebody who died; what that left is to be finished first.
 */
export type Verdict = 'go' | 'go-on' | 'closed' | 'held' | 'ended';

const begin = `
local closed = redis.call('HGET', KEYS[1], 'closed')
local before = redis.call('HGET', KEYS[2], ARGV[1])
local state = before and cjson.decode(before)
if state and state.ended then return 'ended' end
if not state then
  if closed ~= '' then return 'closed' end
  if redis.call('HGET', KEYS[1], 'held') == '1' then return 'held' end
end
redis.call('HSET', KEYS[2], ARGV[1], cjson.encode({ change = ARGV[2] }))
redis.call('XADD', KEYS[3], '*', 'event', ARGV[3])
if state then return 'go-on' end
return 'go'
`;

/** Only who has begun a host last may say how it ended. */
const end = `
local before = redis.call('HGET', KEYS[2], ARGV[1])
local state = before and cjson.decode(before)
if not state or state.ended or state.change ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], cjson.encode({ change = ARGV[2], ended = true }))
redis.call('XADD', KEYS[3], '*', 'event', ARGV[3])
if ARGV[4] == '1' then
  local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
  if failures > tonumber(redis.call('HGET', KEYS[1], 'allowed')) and redis.call('HGET', KEYS[1], 'closed') == '' then
    redis.call('HSET', KEYS[1], 'closed', 'stopped')
  end
end
return 1
`;

/** A host that was begun is gone on with, whatever was closed since: it has to come to its end. */
export async function beginHost(
  redis: Redis,
  keys: Keys,
  rollout: string,
  event: HostBegun,
): Promise<Verdict> {
  const args = [event.host, event.change, JSON.stringify(event)];
  return (await lastingly(() =>
    redis.eval(begin, { keys: keysFor(keys, rollout), arguments: args }),
  )) as Verdict;
}

/** @returns whether it counts; not when somebody else has taken the host over */
export async function endHost(
  redis: Redis,
  keys: Keys,
  rollout: string,
  event: HostEnded,
  change: string,
): Promise<boolean> {
  const args = [event.host, change, JSON.stringify(event), isFailure(event) ? '1' : '0'];
  return (await lastingly(() => redis.eval(end, { keys: keysFor(keys, rollout), arguments: args }))) === 1;
}

function keysFor(keys: Keys, rollout: string): string[] {
  return [keys.gate(rollout), keys.hosts(rollout), keys.events(rollout)];
}
