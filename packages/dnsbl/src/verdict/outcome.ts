import type { ErrorReason } from '../registry/dns-list.ts';
import type { Zone } from '../zone/zone.ts';
import type { Verdict } from './verdict.ts';

/** A verdict and for how many seconds it holds; 0 for not at all. */
export interface Outcome {
  readonly verdict: Verdict;
  readonly ttl: number;
}

const cleanVerdicts = new WeakMap<Zone, Verdict>();

/** One object a zone: most verdicts are this one. */
export function cleanVerdict(zone: Zone): Verdict {
  let verdict = cleanVerdicts.get(zone);
  if (verdict === undefined) {
    verdict = Object.freeze({
      zone: zone.name,
      status: 'clean',
      codes: [],
      meaning: '',
      reason: '',
      weight: 0,
    });
    cleanVerdicts.set(zone, verdict);
  }
  return verdict;
}

export function errorOutcome(
  zone: Zone,
  { reason, meaning }: { readonly reason: ErrorReason; readonly meaning: string },
  codes: readonly string[] = [],
  ttl = 0,
): Outcome {
  return { verdict: { zone: zone.name, status: 'error', codes, meaning, reason, weight: 0 }, ttl };
}
