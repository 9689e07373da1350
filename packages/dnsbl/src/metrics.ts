import { latencyBounds } from './health/latency.ts';
import type { HealthState, ZoneHealth } from './health/health.ts';

const states: readonly HealthState[] = ['unknown', 'healthy', 'failing', 'lists-the-world', 'quota'];

/**
 * Everything that is counted, in the text format of Prometheus. Every state of every list is there with 0 or 1, so that
 * an alert does not depend on a series appearing.
 */
export function printMetrics(
  zones: readonly ZoneHealth[],
  cache: { readonly hits: number; readonly misses: number; readonly size: number } | undefined,
): string {
  const lines: string[] = [];
  const family = (name: string, type: string, help: string): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  };
  const sample = (name: string, labels: Readonly<Record<string, string>>, value: number): void => {
    const text = Object.entries(labels).map(([label, content]) => `${label}="${escape(content)}"`);
    lines.push(`${name}${text.length > 0 ? `{${text.join(',')}}` : ''} ${value}`);
  };

  family('postern_dnsbl_queries_total', 'counter', 'Queries sent to a list by this process.');
  for (const { zone, queries } of zones) sample('postern_dnsbl_queries_total', { zone }, queries);

  family(
    'postern_dnsbl_queries_today',
    'gauge',
    'Queries sent today (UTC) by all machines that share a store.',
  );
  for (const { zone, queriesToday } of zones) sample('postern_dnsbl_queries_today', { zone }, queriesToday);

  family(
    'postern_dnsbl_queries_allowed',
    'gauge',
    'Queries a day that a list allows, where it names a number.',
  );
  for (const { zone, queriesADay } of zones) {
    if (queriesADay !== undefined) sample('postern_dnsbl_queries_allowed', { zone }, queriesADay);
  }

  family(
    'postern_dnsbl_verdicts_total',
    'counter',
    'Verdicts by list and status; kept verdicts are not counted again.',
  );
  for (const { zone, verdicts } of zones) {
    for (const [status, count] of Object.entries(verdicts))
      sample('postern_dnsbl_verdicts_total', { zone, status }, count);
  }

  family('postern_dnsbl_errors_total', 'counter', 'Verdicts that are errors, by reason.');
  for (const { zone, errors } of zones) {
    for (const [reason, count] of Object.entries(errors))
      sample('postern_dnsbl_errors_total', { zone, reason }, count);
  }

  family('postern_dnsbl_state', 'gauge', 'State of a list: 1 for the one it is in.');
  for (const health of zones) {
    for (const state of states)
      sample('postern_dnsbl_state', { zone: health.zone, state }, health.state === state ? 1 : 0);
  }

  family('postern_dnsbl_circuit_open', 'gauge', '1 while a list is not asked.');
  for (const { zone, circuit } of zones)
    sample('postern_dnsbl_circuit_open', { zone }, circuit === 'open' ? 1 : 0);

  family('postern_dnsbl_circuit_opened_total', 'counter', 'How often a circuit has opened.');
  for (const { zone, opened } of zones) sample('postern_dnsbl_circuit_opened_total', { zone }, opened);

  family('postern_dnsbl_answer_seconds', 'histogram', 'Time to the answer of a query that was sent.');
  for (const { zone, latency } of zones) {
    let below = 0;
    for (const [index, bound] of latencyBounds.entries()) {
      below += latency.buckets[index]!;
      sample('postern_dnsbl_answer_seconds_bucket', { zone, le: String(bound / 1000) }, below);
    }
    sample('postern_dnsbl_answer_seconds_bucket', { zone, le: '+Inf' }, latency.count);
    sample('postern_dnsbl_answer_seconds_sum', { zone }, latency.sum / 1000);
    sample('postern_dnsbl_answer_seconds_count', { zone }, latency.count);
  }

  if (cache) {
    family('postern_dnsbl_kept_verdicts_total', 'counter', 'Checks by whether their verdict was kept.');
    sample('postern_dnsbl_kept_verdicts_total', { found: 'yes' }, cache.hits);
    sample('postern_dnsbl_kept_verdicts_total', { found: 'no' }, cache.misses);
    family('postern_dnsbl_kept_bytes', 'gauge', 'Size of the tables of kept verdicts.');
    sample('postern_dnsbl_kept_bytes', {}, cache.size);
  }
  return `${lines.join('\n')}\n`;
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
