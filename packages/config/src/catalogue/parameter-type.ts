/**
 * How Postfix reads a parameter's text. A `raw` one is not expanded; a `normalized` one may hold an
 * expression that expands to a boolean or an integer; `long` is an integer beyond 32 bits.
 */
export type ParameterType =
  'string' | 'raw' | 'boolean' | 'normalized-boolean' | 'integer' | 'normalized-integer' | 'long' | 'time';

/**
 * What the text of a parameter means, which Postfix's own types do not tell apart.
 *
 * - `enum`, `enum-list`: one or any number of the words in `values`
 * - `restrictions`: a list of access restrictions
 * - `networks`, `domains`: patterns, `!patterns`, `/files` and tables that addresses or names are matched with
 * - `tables`, `table`, `databases`: `type:name` references that are looked up in, cached in or rebuilt
 * - `protocols`: TLS protocol versions; `loglevel`: 0 to 4; `level`: a compatibility level
 * - `list`: words of no fixed set
 * - `filename`, `address`, `transport` (`name:nexthop`), `nexthop`, `hostname`, `service`, `command`, `text`:
 *   one thing of that sort
 * - `string`: anything else
 */
export type ParameterKind =
  | 'boolean'
  | 'integer'
  | 'time'
  | 'enum'
  | 'enum-list'
  | 'restrictions'
  | 'networks'
  | 'domains'
  | 'tables'
  | 'table'
  | 'databases'
  | 'protocols'
  | 'loglevel'
  | 'level'
  | 'list'
  | 'filename'
  | 'address'
  | 'transport'
  | 'nexthop'
  | 'hostname'
  | 'service'
  | 'command'
  | 'text'
  | 'string';
