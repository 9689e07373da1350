import type { ErrorReason } from '../registry/dns-list.ts';
import type { Verdict } from '../verdict/verdict.ts';
import type { ZoneHealth } from './health.ts';
import { LatencyHistogram } from './latency.ts';
import { QueryQuota } from './quota.ts';

/** What is counted about one list. */
export class ZoneCounters {
  readonly quota: QueryQuota;
  readonly #latency = new LatencyHistogram();
  readonly #verdicts = { listed: 0, allowed: 0, clean: 0, error: 0 };
  readonly #errors: Partial<Record<ErrorReason, number>> = {};
  #queries = 0;

  constructor(queriesADay: number | undefined) {
    this.quota = new QueryQuota(queriesADay);
  }

  /** Takes note of a query that was sent. @param ms how long its answer took */
  sent(ms: number, now: number): void {
    this.#queries++;
    this.quota.count(now);
    this.#latency.add(ms);
  }

  /** Takes note of a verdict that was given. */
  given(verdict: Verdict): void {
    this.#verdicts[verdict.status]++;
    if (verdict.status === 'error') this.#errors[verdict.reason] = (this.#errors[verdict.reason] ?? 0) + 1;
  }

  read(now: number): Pick<ZoneHealth, 'queries' | 'queriesToday' | 'verdicts' | 'errors' | 'latency'> {
    return {
      queries: this.#queries,
      queriesToday: this.quota.used(now),
      verdicts: { ...this.#verdicts },
      errors: { ...this.#errors },
      latency: this.#latency.read(),
    };
  }
}
