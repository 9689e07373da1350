import type { MainCf, MasterCf } from '@postern/config';

/** A Postfix configuration as it stands on a host, with the files that it refers to. */
export interface Configuration {
  /** main.cf: its text or its tree. */
  readonly main: string | MainCf;
  /** master.cf, likewise; without one, an `smtp` service without overrides is assumed. */
  readonly master?: string | MasterCf | undefined;
  /** Where the two stand (`/etc/postfix`). */
  readonly directory?: string | undefined;
  /** The Postfix that reads them, for example `3.7.11`. */
  readonly version: string;
  /** The text of a file by absolute path; undefined when it is not there. Bytes above 127 one to one (latin1). */
  readonly files?: ((path: string) => string | undefined) | undefined;
}
