import type { ParameterType } from './parameter-type.ts';

/** What Postfix makes for each transport, `<transport>_<suffix>`, and each spawn(8) service (`time_limit`). */
export type PerTransportSuffix =
  | 'delivery_slot_cost'
  | 'delivery_slot_discount'
  | 'delivery_slot_loan'
  | 'destination_concurrency_failed_cohort_limit'
  | 'destination_concurrency_limit'
  | 'destination_concurrency_negative_feedback'
  | 'destination_concurrency_positive_feedback'
  | 'destination_rate_delay'
  | 'destination_recipient_limit'
  | 'extra_recipient_limit'
  | 'initial_destination_concurrency'
  | 'minimum_delivery_slots'
  | 'recipient_limit'
  | 'recipient_refill_delay'
  | 'recipient_refill_limit'
  | 'time_limit'
  | 'transport_rate_delay';

/** A family of parameters, one for each transport. */
export interface PerTransportParameter {
  readonly suffix: PerTransportSuffix;
  readonly type: ParameterType;
  /** The parameter that gives the default. */
  readonly fallback: string;
  readonly since: string;
}

type Row = readonly [PerTransportSuffix, ParameterType, since: string, fallback?: string];

const rows: readonly Row[] = [
  ['delivery_slot_cost', 'integer', '2.0'],
  ['delivery_slot_discount', 'integer', '2.0'],
  ['delivery_slot_loan', 'integer', '2.0'],
  ['destination_concurrency_failed_cohort_limit', 'integer', '2.5'],
  ['destination_concurrency_limit', 'integer', '2.0'],
  ['destination_concurrency_negative_feedback', 'string', '2.5'],
  ['destination_concurrency_positive_feedback', 'string', '2.5'],
  ['destination_rate_delay', 'time', '2.5'],
  ['destination_recipient_limit', 'integer', '2.0'],
  ['extra_recipient_limit', 'integer', '2.0'],
  ['initial_destination_concurrency', 'integer', '2.5', 'initial_destination_concurrency'],
  ['minimum_delivery_slots', 'integer', '2.0'],
  // The longer suffix is looked for first: a_destination_recipient_limit belongs to a, not to a_destination.
  ['recipient_limit', 'integer', '2.0'],
  ['recipient_refill_delay', 'time', '2.4'],
  ['recipient_refill_limit', 'integer', '2.4'],
  ['time_limit', 'time', '2.0', 'command_time_limit'],
  ['transport_rate_delay', 'time', '3.1'],
];

/** All families of per-transport parameters. */
export const perTransportParameters: readonly PerTransportParameter[] = rows.map(
  ([suffix, type, since, fallback = `default_${suffix}`]) => ({ suffix, type, since, fallback }),
);

/** Takes `smtp-amavis_destination_recipient_limit` apart; undefined for a name of another shape. */
export function splitPerTransportName(
  name: string,
): { readonly transport: string; readonly parameter: PerTransportParameter } | undefined {
  for (const parameter of perTransportParameters) {
    const transport = name.length - parameter.suffix.length - 1;
    if (transport > 0 && name[transport] === '_' && name.endsWith(parameter.suffix)) {
      return { transport: name.slice(0, transport), parameter };
    }
  }
  return undefined;
}
