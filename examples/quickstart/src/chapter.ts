import type { HtmlValue } from '@postern/report';
import type { Line } from './terminal.ts';

/** One station of the road: what it says at the terminal, and the same with its pictures for the report. */
export interface Chapter {
  readonly name: string;
  /** What the station is for, in a few words. */
  readonly what: string;
  readonly lines: readonly (string | Line)[];
  readonly body: HtmlValue;
}
