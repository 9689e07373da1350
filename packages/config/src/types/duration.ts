/** The units of a time, in seconds. @see postconf(5), conv_time.c */
const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

export type DurationUnit = keyof typeof units;

/** The greatest time that Postfix reads: a C int, in seconds. */
const MAX_SECONDS = 2_147_483_647;

/**
 * Seconds of a time such as `300s` or `5d`; a number without a unit takes the parameter's own.
 * Undefined for a text that Postfix refuses.
 */
export function parseDuration(text: string, bareUnit: DurationUnit): number | undefined {
  const match = /^[\t-\r ]*\+?(\d+)([smhdw]?)$/i.exec(text);
  if (!match) return undefined;
  const unit = (match[2]?.toLowerCase() || bareUnit) as DurationUnit;
  const seconds = Number(match[1]) * units[unit];
  return seconds <= MAX_SECONDS ? seconds : undefined;
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
