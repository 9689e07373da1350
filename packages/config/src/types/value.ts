import type { ArgumentRestriction, PlainRestriction } from '../catalogue/generated/restriction-names.ts';
import type { TableType } from '../catalogue/table-type.ts';

/** Text that Postfix expands before it reads it: it holds a `$`, as in `${stress?{1}:{20}}`. */
export type Expression = `${string}$${string}`;

declare const brand: unique symbol;

/** Text that is taken as it stands, for any parameter: see `rawValue`. */
export type RawValue = string & { readonly [brand]: 'raw' };

/** `yes` or `no`. */
export type BooleanValue = boolean | 'yes' | 'no' | Expression | RawValue;

/** A whole number. */
export type IntegerValue = number | Expression | RawValue;

/** A time: `{ seconds: 300 }`, or as Postfix writes it, with its unit: `'300s'`, `'5d'`. */
export type DurationValue = Duration | `${number}${'s' | 'm' | 'h' | 'd' | 'w'}` | Expression | RawValue;

export interface Duration {
  readonly seconds: number;
}

/** One of a few words. */
export type EnumValue<Word extends string> = Word | Expression | RawValue;

/** Any number of a few words. */
export type EnumListValue<Word extends string> = readonly Word[] | Word | '' | Expression | RawValue;

/** Any number of entries: an array, or the text of the whole list. */
export type ListValue = readonly string[] | string;

/** One lookup table, `type:name`; empty for none. */
export type TableReference = `${TableType}:${string}` | 'none' | '' | Expression | RawValue;

/** Lookup tables in the order they are asked. */
export type TablesValue = readonly (`${TableType}:${string}` | Expression)[] | TableReference | 'no' | 'none';

export type TableListEntry = `${TableType}:${string}`;

export type TlsProtocol = 'SSLv2' | 'SSLv3' | 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
type ProtocolTerm = TlsProtocol | `!${TlsProtocol}` | `>=${TlsProtocol}` | `<=${TlsProtocol}`;

/** Allowed (`TLSv1.2`), excluded (`!TLSv1`) or, since 3.6, bounding (`>=TLSv1.2`) protocol versions. */
export type ProtocolsValue = readonly ProtocolTerm[] | ProtocolTerm | '' | Expression | RawValue;

/** Logging detail 0 (nothing) to 4; parts of it by name since 2.9. */
export type LogLevelValue = 0 | 1 | 2 | 3 | 4 | string;

/** `compatibility_level`: a release such as `'3.6'`. A string, since 3.10 is not 3.1. */
export type CompatibilityLevelValue =
  0 | 1 | 2 | `${number}` | `${number}.${number}.${number}` | Expression | RawValue;

/** A name that only this configuration defines: a restriction class, a parameter of its own. See `userDefined`. */
export type UserDefinedName = string & { readonly [brand]: 'user-defined' };

/**
 * One entry of a restriction list. A bare `type:table` means the access table of that list;
 * a restriction class is `userDefined('name')`.
 */
export type RestrictionEntry =
  | PlainRestriction
  | { readonly restriction: ArgumentRestriction; readonly argument: string }
  | { readonly restriction: PlainRestriction }
  | TableListEntry
  | Expression
  | UserDefinedName;

export type RestrictionsValue = readonly RestrictionEntry[] | '' | Expression | RawValue;

/** What may be written for a name that the catalogue does not know. */
export type AnyValue =
  | string
  | number
  | boolean
  | Duration
  | readonly (string | { readonly restriction: string; readonly argument?: string })[];
