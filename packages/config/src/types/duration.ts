/** The units of a time, in seconds. @see postconf(5), conv_time.c */
const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

export type DurationUnit = keyof typeof units;

/** The greatest time that Postfix reads: a C int, in seconds. */
const MAX_SECONDS = 2_147_483_647;

/**
 * Seconds of a time such as `300s` or `5d`; a number without a unit takes the parameter's own, and a unit
 * without a number is 0 of it. As in Postfix, units are in lower case, a time must fit into a C int, and
 * what follows the unit does not matter: `5min` is five minutes (see `isPlainDuration`).
 * Undefined for a text that Postfix refuses.
 *
 * @see conv_time.c
 */
export function parseDuration(text: string, bareUnit: DurationUnit): number | undefined {
  const match = /^([+-]?)(\d{0,19})([smhdw]?)(.?)/s.exec(text)!;
  const [, sign, digits = '', letter, rest] = match;
  if (text === '' || (letter === '' && (rest !== '' || digits === '')) || (sign && digits === ''))
    return undefined;
  const unit = (letter || bareUnit) as DurationUnit;
  const amount = Number(digits);
  if (sign === '-' && amount > 0) return undefined;
  const fits = unit === 's' ? amount <= MAX_SECONDS : amount < Math.floor(MAX_SECONDS / units[unit]);
  return fits ? amount * units[unit] : undefined;
}

/** Whether a time says all that it looks like: a number with at most one unit behind it. */
export function isPlainDuration(text: string): boolean {
  return /^\+?\d+[smhdw]?$/.test(text);
}

/** A time as Postfix's own defaults are written: days or hours where they come out even, seconds otherwise. */
export function printDuration(seconds: number): string | undefined {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > MAX_SECONDS) return undefined;
  if (seconds > 0 && seconds % units.d === 0) return `${seconds / units.d}d`;
  if (seconds > 0 && seconds % units.h === 0) return `${seconds / units.h}h`;
  return `${seconds}s`;
}

/** The unit that a number without one has: that of the parameter's default, or seconds. */
export function defaultUnit(defaultText: string | undefined): DurationUnit {
  const unit = /[smhdw]$/.exec(defaultText ?? '')?.[0];
  return (unit as DurationUnit | undefined) ?? 's';
}
