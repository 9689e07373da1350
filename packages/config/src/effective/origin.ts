import type { Position } from '../syntax/source.ts';

/** Where a value comes from. Plain JSON data. */
export type Origin =
  /** A line of main.cf. */
  | (Position & { readonly type: 'main' })
  /** An `-o` of a service in master.cf. */
  | (Position & { readonly type: 'service'; readonly service: string })
  /** The service's own name or program, which no file can set. */
  | { readonly type: 'process'; readonly service: string }
  /** The default of the version. */
  | { readonly type: 'default'; readonly version: string }
  /** Computed on the host by the version; nobody has said what it is there. */
  | { readonly type: 'host'; readonly version: string };

/** An origin in words: `main.cf:12`, `master.cf:30 (-o of smtp/inet)`, `default of 3.7.11`. */
export function printOrigin(origin: Origin): string {
  switch (origin.type) {
    case 'main':
      return `main.cf:${origin.line}`;
    case 'service':
      return `master.cf:${origin.line} (-o of ${origin.service})`;
    case 'process':
      return `the process of ${origin.service}`;
    case 'default':
      return `default of ${origin.version}`;
    case 'host':
      return `computed on the host by ${origin.version}`;
  }
}
