import type { Finding } from '@postern/plan';

/** Errors whose rule the baseline, a JSON list of rules that are accepted for now, does not name. */
export function newErrors(findings: readonly Finding[], baseline: string): Finding[] {
  const accepted = new Set<unknown>(JSON.parse(baseline) as unknown[]);
  return findings.filter(({ level, rule }) => level === 'error' && !accepted.has(rule));
}
