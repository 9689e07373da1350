import type { Place } from '@postern/plan';
import type { Edit } from '../rule.ts';

/** What one process uses for a parameter, and where that comes from. */
export interface Setting {
  readonly name: string;
  /** Expanded, as the process reads it. */
  readonly value: string;
  /** As it is written, continuation lines joined; for a default, the default. */
  readonly raw: string;
  /** As it stands in the file, line ends and comments included; empty for a default. */
  readonly written: string;
  /** `main.cf`, an `-o` of the service, or nothing but the default. */
  readonly origin: 'main' | 'service' | 'default';
  /** Equal for two processes that take the value from the same place. */
  readonly key: string;
  /** Where the value begins; undefined for a default. */
  readonly at: Place | undefined;
  /** Where a character of `raw` stands. */
  placeOf(offset: number): Place | undefined;
  /** Writes another value where this one comes from; a default is overridden in main.cf. */
  set(value: string): Edit;
  /** Writes a list whose entries may hold blanks, which an `-o` cannot before 3.0. */
  setList(value: string): Edit[];
  /** Another parameter as the same process sees it. */
  beside(name: string): Setting;
  /** Writes another parameter in the same place: main.cf, or the same service. */
  setBeside(name: string, value: string): Edit;
  /** Takes the value out, so that what lies below it holds. */
  unset(): Edit;
}

/** `yes` in any case. Anything that is no boolean makes Postfix stop, so it counts as no. */
export function isYes(setting: Setting): boolean {
  return setting.value.toLowerCase() === 'yes';
}
