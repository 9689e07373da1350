/** Upper bounds of the latency histogram, in seconds. */
const buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What a server counts, printable in the Prometheus text format (version 0.0.4). */
export class ServerMetrics {
  readonly #actions = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #closed = new Map<string, number>();
  readonly #latency: number[] = Array.from({ length: buckets.length + 1 }, () => 0);
  #latencySum = 0;
  #connections = 0;
  #accepted = 0;

  connected(): void {
    this.#connections++;
    this.#accepted++;
  }

  disconnected(): void {
    this.#connections--;
  }

  closedFor(reason: string): void {
    increase(this.#closed, reason);
  }

  failed(handler: string, reason: string): void {
    increase(this.#failures, `handler="${label(handler)}",reason="${label(reason)}"`);
  }

  /** @param seconds from the complete request to its answer */
  decided(action: string, handler: string | undefined, seconds: number): void {
    increase(this.#actions, `action="${label(action)}",handler="${label(handler ?? 'none')}"`);
    const index = buckets.findIndex((bound) => seconds <= bound);
    this.#latency[index < 0 ? buckets.length : index]! += 1;
    this.#latencySum += seconds;
  }

  /** All figures as text. */
  print(): string {
    const total = this.#latency.reduce((sum, count) => sum + count, 0);
    let cumulated = 0;
    const latency = buckets.map((bound, index) => {
      cumulated += this.#latency[index]!;
      return `postern_policy_decision_seconds_bucket{le="${bound}"} ${cumulated}`;
    });
    return [
      '# HELP postern_policy_connections Connections that are open now.',
      '# TYPE postern_policy_connections gauge',
      `postern_policy_connections ${this.#connections}`,
      '# HELP postern_policy_connections_total Connections accepted since the start.',
      '# TYPE postern_policy_connections_total counter',
      `postern_policy_connections_total ${this.#accepted}`,
      '# HELP postern_policy_decisions_total Requests answered, by action and by the handler that decided.',
      '# TYPE postern_policy_decisions_total counter',
      ...[...this.#actions].map(([labels, count]) => `postern_policy_decisions_total{${labels}} ${count}`),
      '# HELP postern_policy_failures_total Handlers that failed or took too long.',
      '# TYPE postern_policy_failures_total counter',
      ...[...this.#failures].map(([labels, count]) => `postern_policy_failures_total{${labels}} ${count}`),
      '# HELP postern_policy_closed_total Connections this side closed, by reason.',
      '# TYPE postern_policy_closed_total counter',
      ...[...this.#closed].map(
        ([reason, count]) => `postern_policy_closed_total{reason="${label(reason)}"} ${count}`,
      ),
      '# HELP postern_policy_decision_seconds Time from a complete request to its answer.',
      '# TYPE postern_policy_decision_seconds histogram',
      ...latency,
      `postern_policy_decision_seconds_bucket{le="+Inf"} ${total}`,
      `postern_policy_decision_seconds_sum ${this.#latencySum}`,
      `postern_policy_decision_seconds_count ${total}`,
      '',
    ].join('\n');
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function label(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
