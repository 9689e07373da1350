/** One count to be made: `cost` more on `key`, where at most `limit` may be counted in any `window` seconds. */
export interface Charge {
  readonly key: string;
  readonly cost: number;
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
}

export interface ChargeResult {
  /** Whether all charges were made; if one exceeds its limit none is made. */
  readonly allowed: boolean;
  /** What stands on each key now, in the order of the charges. */
  readonly used: readonly number[];
  /** Indexes of the charges that exceed their limit. */
  readonly exceeded: readonly number[];
}

/** Counts in sliding windows, in this process or shared between machines. */
export interface Counters {
  /** Makes all charges, or none of them. */
  charge(charges: readonly Charge[]): ChargeResult | Promise<ChargeResult>;
}

/**
 * Parts of a window. A part that the window's start cuts still counts whole, so that no stretch of `window`
 * seconds ever holds more than the limit; in return a count may stay up to a sixtieth of the window too long.
 */
export const partsOfWindow = 60;

/** Counters in this process, for a single machine. */
export function memoryCounters({
  mostKeys = 100_000,
  now = Date.now,
}: { mostKeys?: number; now?: () => number } = {}): Counters {
  /** By key, least recently used first: counts by the number of their part, and when none of them counts any more. */
  const keys = new Map<string, { readonly parts: Map<number, number>; readonly until: number }>();

  const partsOf = (charge: Charge, part: number): Map<number, number> => {
    const parts = keys.get(charge.key)?.parts ?? new Map<number, number>();
    for (const old of parts.keys()) if (old < part - partsOfWindow) parts.delete(old);
    return parts;
  };

  return {
    charge(charges) {
      const time = now();
      const states = charges.map((charge) => {
        const part = Math.floor(time / ((charge.window * 1000) / partsOfWindow));
        const parts = partsOf(charge, part);
        let used = 0;
        for (const count of parts.values()) used += count;
        return { charge, part, parts, used };
      });
      const exceeded = states.flatMap(({ charge, used }, index) =>
        used + charge.cost > charge.limit ? [index] : [],
      );
      if (exceeded.length > 0) return { allowed: false, used: states.map(({ used }) => used), exceeded };
      for (const { charge, part, parts } of states) {
        parts.set(part, (parts.get(part) ?? 0) + charge.cost);
        keys.delete(charge.key);
        keys.set(charge.key, { parts, until: time + charge.window * 1000 * (1 + 1 / partsOfWindow) });
      }
      for (const [key, { until }] of keys) {
        if (keys.size <= mostKeys && until > time) break;
        keys.delete(key);
      }
      return { allowed: true, used: states.map(({ charge, used }) => used + charge.cost), exceeded };
    },
  };
}
