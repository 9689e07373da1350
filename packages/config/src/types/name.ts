import type { ParameterValues } from '../catalogue/generated/parameter-values.ts';
import type { PerTransportSuffix } from '../catalogue/per-transport.ts';
import type { AnyValue, DurationValue, IntegerValue, RawValue, UserDefinedName } from './value.ts';

/** The transports of Postfix's own master.cf. */
type StockTransport = 'smtp' | 'lmtp' | 'relay' | 'local' | 'virtual' | 'error' | 'retry' | 'discard';

/** A parameter that Postfix itself knows, in any release from 2.0 on. */
export type KnownParameterName =
  keyof ParameterValues | `${StockTransport}_${Exclude<PerTransportSuffix, 'time_limit'>}`;

declare const perTransportSuffix: unique symbol;

/** A parameter that Postfix makes for one transport, such as `policy-spf_time_limit`. See `perTransport`. */
export type PerTransportName<Suffix extends PerTransportSuffix = PerTransportSuffix> = string & {
  readonly [perTransportSuffix]: Suffix;
};

/** The name of a parameter: a misspelt one does not compile. */
export type ParameterName = KnownParameterName | PerTransportName | UserDefinedName;

type PerTransportValue<Suffix> = Suffix extends 'time_limit' | `${string}_delay`
  ? DurationValue
  : Suffix extends `${string}_feedback`
    ? number | string
    : IntegerValue;

/** What may be written for a parameter: a value of the wrong type does not compile. */
export type ParameterValue<Name extends ParameterName> =
  | RawValue
  | (Name extends keyof ParameterValues
      ? ParameterValues[Name]
      : Name extends `${StockTransport}_${infer Suffix extends PerTransportSuffix}`
        ? PerTransportValue<Suffix>
        : Name extends PerTransportName<infer Suffix>
          ? PerTransportValue<Suffix>
          : AnyValue);

/** The way out for a name that the catalogue does not know: a parameter of your own, a restriction class. */
export function userDefined(name: string): UserDefinedName {
  return name as UserDefinedName;
}

/** The way out for a value: the text is written as it stands, whatever the parameter's type. */
export function rawValue(text: string): RawValue {
  return text as RawValue;
}

/** The parameter that limits one transport: `perTransport('policy-spf', 'time_limit')`. */
export function perTransport<Suffix extends PerTransportSuffix>(
  transport: string,
  suffix: Suffix,
): PerTransportName<Suffix> {
  return `${transport}_${suffix}` as PerTransportName<Suffix>;
}
