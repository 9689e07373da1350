import type { MainCf, MasterCf } from '@postern/config';

/** A Postfix configuration as data; the simulator takes the same shape. */
export interface Configuration {
  /** main.cf: its text or its tree. */
  readonly main: string | MainCf;
  /** master.cf: its text or its tree. */
  readonly master: string | MasterCf;
  /** The Postfix version it runs on, as precise as it is known: `3.7.11`; `3.7` is read as `3.7.0`. */
  readonly version: string;
  /** The configuration folder; `/etc/postfix` unless told. */
  readonly directory?: string;
  /** The text of another file by absolute path, where it can be read: tables, `/etc/passwd`. */
  readonly files?: (path: string) => string | undefined;
  /** What places in findings call the two files; `main.cf` and `master.cf` unless told. */
  readonly names?: { readonly main?: string; readonly master?: string };
}
