import { FleetError } from '../error.ts';

/** So many hosts, or such a share of all hosts of the rollout. */
export type Amount = number | `${number}%`;

/** In which order hosts are taken, and when to stop. Plain JSON data. */
export interface Strategy {
  /** Who goes first, and may not fail: so many, or these by name; 1 by default, 0 for nobody. */
  readonly canary?: Amount | readonly string[];
  /** The sizes of the waves after it; the last one repeats until no host is left. One wave of all by default. */
  readonly waves?: readonly Amount[];
  /** The rollout stops when more hosts than this have failed; 0 by default. A share is rounded down. */
  readonly maxFailures?: Amount;
  /** Where to pause until somebody resumes the rollout; nowhere by default. */
  readonly pauseAfter?: 'nothing' | 'canary' | 'every-wave';
  /** Milliseconds to wait between two waves, for trouble to show; 0 by default. */
  readonly soak?: number;
}

/** Hosts that are taken together. */
export interface Wave {
  /** `canary`, `wave 1`, `wave 2` … */
  readonly name: string;
  readonly hosts: readonly string[];
}

/**
 * Who is taken when. Shares are of all hosts and rounded up, so that a wave is never empty.
 *
 *     20 hosts, canary 1, waves [3, '25%', '50%']     1, then 3, 5, 10 and the last 1
 *
 * @throws FleetError `bad-strategy`
 */
export function planWaves(names: readonly string[], strategy: Strategy): Wave[] {
  const first = canaryOf(names, strategy.canary ?? Math.min(1, names.length - 1));
  const taken = new Set(first);
  const rest = names.filter((name) => !taken.has(name));
  const { waves: sizes = ['100%'], soak = 0 } = strategy;
  if (sizes.length === 0) throw bad('waves', 'names no size. Leave it out for one wave of all hosts.');
  if (!Number.isFinite(soak) || soak < 0) throw bad('soak', `is ${soak}. Write milliseconds.`);
  const counts = sizes.map((size) => countOf(size, names.length, 'waves', Math.ceil));
  if (counts.some((count) => count < 1)) throw bad('waves', 'has a wave of no hosts. Write at least 1.');
  const waves: Wave[] = first.length > 0 ? [{ name: 'canary', hosts: first }] : [];
  for (let at = 0, number = 1; at < rest.length; number++) {
    const size = counts[Math.min(number, counts.length) - 1]!;
    waves.push({ name: `wave ${number}`, hosts: rest.slice(at, at + size) });
    at += size;
  }
  return waves;
}

/** How many hosts may fail before a rollout stops. @throws FleetError `bad-strategy` */
export function allowedFailures({ maxFailures = 0 }: Strategy, hosts: number): number {
  return countOf(maxFailures, hosts, 'maxFailures', Math.floor);
}

function canaryOf(names: readonly string[], canary: NonNullable<Strategy['canary']>): readonly string[] {
  if (typeof canary !== 'object') return names.slice(0, countOf(canary, names.length, 'canary', Math.ceil));
  const missing = canary.find((name) => !names.includes(name));
  if (missing === undefined) return [...new Set(canary)];
  throw bad('canary', `names ${missing}, which is not among the hosts.`);
}

function countOf(amount: Amount, all: number, name: string, round: (value: number) => number): number {
  const share = typeof amount === 'string' ? /^(\d+(?:\.\d+)?)%$/.exec(amount)?.[1] : undefined;
  if (share !== undefined && Number(share) <= 100) return round((Number(share) * all) / 100);
  if (typeof amount === 'number' && Number.isInteger(amount) && amount >= 0) return amount;
  throw bad(name, `cannot be ${JSON.stringify(amount)}. Write a count such as 5, or a share such as "10%".`);
}

function bad(name: string, what: string): FleetError {
  return new FleetError('bad-strategy', `strategy: ${name} ${what}`);
}
