import type { RedisPlace } from './redis.ts';

/** The names of things in Redis. */
export interface Keys {
  /** What the keys of BullMQ begin with. */
  readonly queue: string;
  /** The id of the rollout that was begun last, and who coordinates it. */
  readonly latest: string;
  readonly coordinator: string;
  /** Of one rollout: whether hosts may be begun, failures, and how many there may be. */
  readonly gate: (rollout: string) => string;
  /** How far each host is. */
  readonly hosts: (rollout: string) => string;
  /** The events, all of them, and of the steps the last. */
  readonly events: (rollout: string) => string;
  readonly steps: (rollout: string) => string;
}

export const queueName = 'fleet';

export function keysOf({ prefix = 'postern' }: RedisPlace): Keys {
  const of = (rollout: string): string => `${prefix}:fleet:{${rollout}}`;
  return {
    queue: `${prefix}:jobs`,
    latest: `${prefix}:fleet:latest`,
    coordinator: `${prefix}:fleet:coordinator`,
    gate: (rollout) => `${of(rollout)}:gate`,
    hosts: (rollout) => `${of(rollout)}:hosts`,
    events: (rollout) => `${of(rollout)}:events`,
    steps: (rollout) => `${of(rollout)}:steps`,
  };
}
